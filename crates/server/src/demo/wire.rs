//! The HTTP client of the application: remembers what went over the wire, so that a page can show
//! it.

use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use openidconnect::http::header::AUTHORIZATION;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};

/// Headers of an answer that a page shows.
const TELLING: [&str; 4] = ["content-type", "cache-control", "location", "www-authenticate"];

/// One request and its answer.
#[derive(Debug, Clone)]
pub(super) struct Exchange {
    /// `POST http://...`.
    pub(super) line: String,
    /// The same as a command for a terminal.
    pub(super) curl: String,
    /// `200 OK`.
    pub(super) status: String,
    /// Telling headers of the answer.
    pub(super) headers: Vec<(String, String)>,
    /// The answer; JSON is indented.
    pub(super) body: String,
}

/// A client without redirects: an answer that leads elsewhere is an answer.
///
/// # Errors
/// When TLS cannot be set up.
pub(super) fn client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(Duration::from_secs(10))
        .build()
}

/// A client for one step of the flow, with what it did.
pub(super) struct Wire {
    client: reqwest::Client,
    seen: Mutex<Vec<Exchange>>,
}

impl Wire {
    pub(super) fn new(client: reqwest::Client) -> Self {
        Self { client, seen: Mutex::new(Vec::new()) }
    }

    /// What was exchanged since the last time.
    pub(super) fn take(&self) -> Vec<Exchange> {
        std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Sends a request and remembers it.
    ///
    /// # Errors
    /// When there is no answer.
    pub(super) async fn send(&self, request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
        let line = format!("{} {}", request.method(), request.uri());
        let curl = curl(&request);
        let (parts, body) = request.into_parts();
        let url = parts.uri.to_string();
        let sent = self.client.request(parts.method, url).headers(parts.headers).body(body);
        let received = sent.send().await?;
        let mut response = HttpResponse::new(Vec::new());
        *response.status_mut() = received.status();
        *response.headers_mut() = received.headers().clone();
        *response.body_mut() = received.bytes().await?.to_vec();
        let exchange = Exchange {
            line,
            curl,
            status: response.status().to_string(),
            headers: telling(&response),
            body: readable(response.body()),
        };
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(exchange);
        Ok(response)
    }
}

impl<'c> AsyncHttpClient<'c> for Wire {
    type Error = reqwest::Error;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Self::Error>> + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

fn telling(response: &HttpResponse) -> Vec<(String, String)> {
    let value = |name: &&str| {
        let value = response.headers().get(*name)?;
        Some(((*name).to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
    };
    TELLING.iter().filter_map(value).collect()
}

/// Indented if it is JSON.
fn readable(body: &[u8]) -> String {
    let json = serde_json::from_slice::<serde_json::Value>(body);
    json.map_or_else(|_| String::from_utf8_lossy(body).into_owned(), |json| format!("{json:#}"))
}

/// The request for a terminal. What is quoted here is base64url, URLs and form encoding: none of
/// them has a quote of its own.
fn curl(request: &HttpRequest) -> String {
    let mut words = vec![format!("curl -i '{}'", request.uri())];
    if let Some(value) = request.headers().get(AUTHORIZATION) {
        words.push(format!("-H 'Authorization: {}'", String::from_utf8_lossy(value.as_bytes())));
    }
    let body = String::from_utf8_lossy(request.body());
    words
        .extend(body.split('&').filter(|pair| !pair.is_empty()).map(|pair| format!("-d '{pair}'")));
    words.join(" \\\n  ")
}
