//! A server to test against, and a browser to visit it with.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};

use actix_web::dev::ServerHandle;
use actix_web::rt::System;
use keywright_core::client::metadata::ClientMetadata;
use keywright_core::provider::{Provider, Settings};
use keywright_http::{Limits, ServerOptions, serve};
use keywright_testkit::World;
use keywright_testkit::database::ScratchDatabase;
use keywright_testkit::held::Held;
use keywright_testkit::world::{CHALLENGE, CLIENT_SECRET, PASSWORD, VERIFIER};
use reqwest::Method;
use reqwest::blocking::{Client, RequestBuilder};
use reqwest::header::{COOKIE, HeaderMap, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::redirect::Policy;
use serde_json::Value;
use url::Url;

/// The redirect URI of the client `web`.
pub(crate) const CALLBACK: &str = "https://app.example/cb";

/// A running server. Stops when it is dropped.
pub(crate) struct Site {
    pub(crate) world: World,
    pub(crate) address: SocketAddr,
    /// The path of the issuer.
    pub(crate) base: String,
    client: Client,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl Site {
    /// An issuer at the root, with the user `alice` and the client `web`.
    pub(crate) fn new() -> Self {
        Self::at("http://127.0.0.1:8080")
    }

    /// The same for another issuer; the server does not listen there, and need not.
    pub(crate) fn at(issuer: &str) -> Self {
        Self::start(World::settings(issuer), |_| ())
    }

    /// The same with these settings, after `tune`.
    pub(crate) fn start(settings: Settings, tune: impl FnOnce(&mut ServerOptions)) -> Self {
        let world = World::with(ScratchDatabase::sqlite(), settings);
        let provider = world.provider.clone();
        Self::of(world, provider, tune)
    }

    /// An issuer at the root whose commits are told when the test says so.
    pub(crate) fn held() -> (Self, Held) {
        let world =
            World::with(ScratchDatabase::sqlite(), World::settings("http://127.0.0.1:8080"));
        let store = Held::around(world.scratch.database.clone());
        let provider = world.through(Arc::new(store.clone()), "held");
        (Self::of(world, provider, |_| ()), store)
    }

    fn of(world: World, provider: Provider, tune: impl FnOnce(&mut ServerOptions)) -> Self {
        world.add_user("alice");
        world.add_client("web", World::web_client());
        let mut options = ServerOptions::new(vec![SocketAddr::from(([127, 0, 0, 1], 0))]);
        (options.workers, options.signals) = (1, false);
        options.limits = Limits::OFF;
        tune(&mut options);
        let (ready, started) = mpsc::channel();
        let thread = thread::spawn(move || {
            System::new().block_on(async move {
                let serving = serve(&options, provider).unwrap();
                ready.send((serving.addresses[0], serving.server.handle())).unwrap();
                serving.server.await.unwrap();
            });
        });
        let (address, handle) = started.recv().unwrap();
        let client = Client::builder().redirect(Policy::none()).no_proxy().build().unwrap();
        let base = world.provider.settings.base_path();
        Self { world, address, base, client, handle, thread: Some(thread) }
    }

    /// Adds a client that differs from `web`.
    pub(crate) fn add_client(&self, id: &str, change: impl FnOnce(&mut ClientMetadata)) {
        let mut metadata = World::web_client();
        change(&mut metadata);
        self.world.add_client(id, metadata);
    }

    /// A request to a path as it is, with the path of the issuer where the caller wants it.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.address))
    }

    pub(crate) fn get(&self, path: &str) -> Reply {
        Reply::of(self.request(Method::GET, path))
    }

    /// A form post, as a program does it.
    pub(crate) fn post(&self, path: &str, form: &[(&str, &str)]) -> Reply {
        Reply::of(self.request(Method::POST, path).form(form))
    }

    /// A form post with the credentials of `web` in the header.
    pub(crate) fn post_as_web(&self, path: &str, form: &[(&str, &str)]) -> Reply {
        let request = self.request(Method::POST, path).basic_auth("web", Some(CLIENT_SECRET));
        Reply::of(request.form(form))
    }

    /// Logs `alice` in at `web` and exchanges the code; the token response.
    pub(crate) fn tokens(&self, scope: &str) -> Value {
        let browser = Browser::new(self);
        let answer = browser.grant(&[("scope", scope)]);
        let code = answer.redirect_parameter("code");
        let form = code_form(&code);
        let reply = self.post_as_web(&format!("{}/token", self.base), &form);
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.json()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

/// The form that redeems a code.
pub(crate) fn code_form(code: &str) -> [(&'static str, &str); 4] {
    [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ]
}

/// The query of a good request of `web`, with these parameters replaced, added, or (when
/// empty) left out.
pub(crate) fn authorization_query(changes: &[(&str, &str)]) -> String {
    let usual = [
        ("client_id", "web"),
        ("redirect_uri", CALLBACK),
        ("response_type", "code"),
        ("scope", "openid"),
        ("state", "the state"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in usual {
        if !changes.iter().any(|(changed, _)| *changed == name) {
            query.append_pair(name, value);
        }
    }
    query.extend_pairs(changes.iter().filter(|(_, value)| !value.is_empty()));
    query.finish()
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn of(request: RequestBuilder) -> Self {
        let response = request.send().unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, body: response.text().unwrap() }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.body))
    }

    /// Status and error code of a JSON refusal.
    pub(crate) fn refusal(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), Some("application/json"), "{self:?}");
        assert_eq!(self.header("cache-control"), Some("no-store"));
        let body = self.json();
        let description = body["error_description"].as_str().unwrap_or_default();
        let allowed = |c: char| matches!(c, ' '..='!' | '#'..='[' | ']'..='~');
        assert!(!description.is_empty() && description.chars().all(allowed), "{body}");
        (self.status, body["error"].as_str().unwrap_or_default().to_owned())
    }

    /// Asserts that this is the error page, with this code.
    pub(crate) fn assert_error_page(&self, status: u16, code: &str) {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), Some("text/html; charset=utf-8"));
        assert!(self.header("location").is_none(), "an error page must not redirect");
        assert!(self.body.contains(code), "{code} is not on the page: {}", self.body);
        let id = self.header("x-request-id").unwrap();
        assert!(self.body.contains(id), "the request id is not on the page");
    }

    pub(crate) fn location(&self) -> &str {
        assert_eq!(self.status, 303, "{self:?}");
        self.headers[LOCATION].to_str().unwrap()
    }

    /// A parameter of the query that the answer redirects with.
    pub(crate) fn redirect_parameter(&self, name: &str) -> String {
        let url = Url::parse(self.location()).unwrap();
        let found = url.query_pairs().find(|(known, _)| known == name);
        found.map(|(_, value)| value.into_owned()).unwrap_or_default()
    }

    /// What stands between `before` and the next quote of the page.
    fn quoted(&self, before: &str) -> String {
        let (_, rest) = self.body.split_once(before).unwrap_or_else(|| panic!("{}", self.body));
        rest.split('"').next().unwrap_or_default().to_owned()
    }

    pub(crate) fn csrf(&self) -> String {
        self.quoted("name=\"csrf\" value=\"")
    }

    pub(crate) fn action(&self) -> String {
        self.quoted("action=\"")
    }
}

/// A browser: keeps cookies and says where its forms come from. Follows nothing by itself.
pub(crate) struct Browser<'a> {
    pub(crate) site: &'a Site,
    pub(crate) cookies: RefCell<BTreeMap<String, String>>,
    origin: String,
}

impl<'a> Browser<'a> {
    pub(crate) fn new(site: &'a Site) -> Self {
        let issuer = Url::parse(&site.world.provider.settings.issuer).unwrap();
        let origin = issuer.origin().ascii_serialization();
        Self { site, cookies: RefCell::default(), origin }
    }

    pub(crate) fn get(&self, path: &str) -> Reply {
        self.send(self.site.request(Method::GET, path))
    }

    pub(crate) fn post(&self, path: &str, form: &[(&str, &str)]) -> Reply {
        self.post_from(&self.origin, path, form)
    }

    /// A form post that says that it comes from `origin`.
    pub(crate) fn post_from(&self, origin: &str, path: &str, form: &[(&str, &str)]) -> Reply {
        self.send(self.site.request(Method::POST, path).header(ORIGIN, origin).form(form))
    }

    /// Adds the cookies and keeps those that come back.
    pub(crate) fn send(&self, request: RequestBuilder) -> Reply {
        let cookies: Vec<String> =
            self.cookies.borrow().iter().map(|(name, value)| format!("{name}={value}")).collect();
        let reply = Reply::of(request.header(COOKIE, cookies.join("; ")));
        for cookie in reply.headers.get_all(SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.borrow_mut().insert(name.to_owned(), value.to_owned());
        }
        reply
    }

    /// GET `/authorize` with a good request and these changes.
    pub(crate) fn authorize(&self, changes: &[(&str, &str)]) -> Reply {
        self.get(&format!("{}/authorize?{}", self.site.base, authorization_query(changes)))
    }

    /// Presses a button of a page; where that leads is fetched too.
    pub(crate) fn press(&self, page: &Reply, fields: &[(&str, &str)], button: &str) -> Reply {
        let csrf = page.csrf();
        let form = [&[("csrf", csrf.as_str()), ("decision", button)], fields].concat();
        let reply = self.post(&page.action(), &form);
        if reply.status == 303 && reply.location().starts_with('/') {
            return self.get(reply.location());
        }
        reply
    }

    /// Logs `alice` in on the login page.
    pub(crate) fn log_in(&self, page: &Reply) -> Reply {
        self.press(page, &[("login", "alice"), ("password", PASSWORD)], "accept")
    }

    /// The whole way to an answer with a code.
    pub(crate) fn grant(&self, changes: &[(&str, &str)]) -> Reply {
        let consent = self.log_in(&self.authorize(changes));
        let answer = self.press(&consent, &[], "accept");
        assert!(answer.location().starts_with(CALLBACK), "{answer:?}");
        answer
    }
}
