//! One GET, without redirects, and what of its answer matters.

use std::error::Error;
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::blocking::{Client, Response};
use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap, HeaderName, LOCATION};
use reqwest::tls::TlsInfo;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

/// How long to wait: whoever is well answers at once.
const PATIENCE: Duration = Duration::from_secs(5);

/// What came back.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// `Location` of a redirect.
    pub(super) location: Option<String>,
    /// Whether `Content-Type` is JSON.
    pub(super) is_json: bool,
    /// `Date`, in seconds since 1970.
    pub(super) date: Option<i64>,
    /// Whether `X-Request-Id` came along.
    pub(super) has_request_id: bool,
    /// The server's certificate, DER.
    pub(super) certificate: Option<Vec<u8>>,
    pub(super) body: Vec<u8>,
}

/// Why nothing came back.
pub(super) struct Unanswered {
    /// The error and its causes.
    pub(super) why: String,
    /// Whether somebody was there, with a certificate that does not hold.
    pub(super) is_about_tls: bool,
}

/// Asks.
pub(super) fn get(url: &str) -> Result<Answer, Unanswered> {
    let client = Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(PATIENCE)
        .tls_info(true)
        .build();
    client.and_then(|client| client.get(url).send()).and_then(read).map_err(|e| unanswered(&e))
}

fn read(response: Response) -> reqwest::Result<Answer> {
    let text =
        |headers: &HeaderMap, name: HeaderName| Some(headers.get(name)?.to_str().ok()?.to_owned());
    let headers = response.headers();
    let date = text(headers, DATE)
        .and_then(|date| OffsetDateTime::parse(&date.replace("GMT", "+0000"), &Rfc2822).ok());
    let tls = response.extensions().get::<TlsInfo>();
    Ok(Answer {
        status: response.status(),
        location: text(headers, LOCATION),
        is_json: text(headers, CONTENT_TYPE).is_some_and(|t| t.starts_with("application/json")),
        date: date.map(OffsetDateTime::unix_timestamp),
        has_request_id: headers.contains_key("x-request-id"),
        certificate: tls.and_then(TlsInfo::peer_certificate).map(<[u8]>::to_vec),
        body: response.bytes()?.to_vec(),
    })
}

fn unanswered(error: &reqwest::Error) -> Unanswered {
    let mut causes = Vec::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        causes.push(error.to_string());
        cause = error.source();
    }
    // A cause often repeats the one below it.
    let why = causes.last().cloned().unwrap_or_else(|| error.to_string());
    let is_about_tls = causes.iter().any(|cause| cause.contains("certificate"));
    Unanswered { why, is_about_tls }
}
