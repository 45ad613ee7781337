//! A program that behaves like a browser: cookies, redirects, forms with their origin.

use std::cell::RefCell;
use std::net::IpAddr;

use reqwest::blocking::{Client, ClientBuilder, RequestBuilder};
use reqwest::header::{HeaderMap, HeaderName, LOCATION};
use reqwest::redirect::Policy;
use url::Url;

/// Where applications of tests live; nobody is there, so the browser stops when it is sent there.
pub(crate) const ELSEWHERE: &str = "app.example";

/// What a browser shows.
pub(crate) struct Page {
    /// Where it is.
    pub(crate) url: Url,
    pub(crate) status: u16,
    pub(crate) html: String,
}

impl Page {
    #[track_caller]
    pub(crate) fn says(&self, text: &str) -> &Self {
        assert!(self.html.contains(text), "no {text:?} in {} {}", self.status, self.html);
        self
    }

    /// What stands after `start`, up to the next quotation mark.
    pub(crate) fn quoted(&self, start: &str) -> String {
        let at = self.html.find(start).unwrap_or_else(|| panic!("no {start} in {}", self.html));
        let value = self.html[at + start.len()..].split('"').next().unwrap();
        value.replace("&#38;", "&")
    }

    /// The parameter of that name in the address.
    pub(crate) fn parameter(&self, name: &str) -> String {
        let mut pairs = self.url.query_pairs();
        pairs.find(|(known, _)| known == name).unwrap().1.into_owned()
    }
}

/// A browser of its own.
pub(crate) struct Browser {
    client: Client,
    /// The headers of every answer, redirects included.
    pub(crate) seen: RefCell<Vec<HeaderMap>>,
}

impl Browser {
    pub(crate) fn new() -> Self {
        Self::of(Client::builder())
    }

    /// One at this address, which claims to be at another.
    pub(crate) fn at(address: &str, claim: &str) -> Self {
        let claims = HeaderMap::from_iter([(
            HeaderName::from_static("x-forwarded-for"),
            claim.parse().unwrap(),
        )]);
        let address: IpAddr = address.parse().unwrap();
        Self::of(Client::builder().local_address(address).default_headers(claims))
    }

    fn of(client: ClientBuilder) -> Self {
        let client = client.cookie_store(true).redirect(Policy::none());
        Self { client: client.build().unwrap(), seen: RefCell::default() }
    }

    pub(crate) fn get(&self, url: &str) -> Page {
        self.follow(self.client.get(url))
    }

    /// Sends a form from a page.
    pub(crate) fn post(&self, from: &Page, action: &str, fields: &[(&str, &str)]) -> Page {
        let origin = from.url.origin().ascii_serialization();
        let post = self.client.post(from.url.join(action).unwrap()).header("Origin", origin);
        self.follow(post.form(fields))
    }

    /// Presses a button of a form of Keywright's.
    pub(crate) fn decide(&self, page: &Page, decision: &str, fields: &[(&str, &str)]) -> Page {
        let csrf = page.quoted("name=\"csrf\" value=\"");
        let own = [("csrf", csrf.as_str()), ("decision", decision)];
        self.post(page, &page.quoted("action=\""), &[&own, fields].concat())
    }

    fn follow(&self, mut request: RequestBuilder) -> Page {
        loop {
            let answer = request.send().unwrap();
            self.seen.borrow_mut().push(answer.headers().clone());
            let status = answer.status().as_u16();
            let Some(location) = answer.headers().get(LOCATION) else {
                let url = answer.url().clone();
                return Page { url, status, html: answer.text().unwrap() };
            };
            let url = answer.url().join(location.to_str().unwrap()).unwrap();
            if url.host_str() == Some(ELSEWHERE) {
                return Page { url, status, html: String::new() };
            }
            request = self.client.get(url);
        }
    }
}
