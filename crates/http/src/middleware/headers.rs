//! Headers of every answer.
//!
//! Owns the defaults; a handler that sets one of them has the last word (pages have their own
//! policy, public documents may be cached).

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
    REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const ALWAYS: [(HeaderName, &str); 2] =
    [(CACHE_CONTROL, "no-store"), (X_CONTENT_TYPE_OPTIONS, "nosniff")];

/// For what a browser shows or follows. JSON is neither, and `nosniff` sees to that.
const SHOWN: [(HeaderName, &str); 3] = [
    (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (REFERRER_POLICY, "strict-origin"),
    (X_FRAME_OPTIONS, "DENY"),
];

/// For a browser that came by https (RFC 6797): a year of nothing else, for this host alone.
const SECURE: [(HeaderName, &str); 1] = [(STRICT_TRANSPORT_SECURITY, "max-age=31536000")];

/// Adds the defaults and the id of the request.
pub(crate) fn add(headers: &mut HeaderMap, id: String, is_https: bool) {
    default(headers, ALWAYS);
    if headers.get(CONTENT_TYPE).is_none_or(|media_type| media_type != "application/json") {
        default(headers, SHOWN);
        if is_https {
            default(headers, SECURE);
        }
    }
    if let Ok(id) = HeaderValue::try_from(id) {
        headers.insert(X_REQUEST_ID, id);
    }
}

fn default<const N: usize>(headers: &mut HeaderMap, defaults: [(HeaderName, &'static str); N]) {
    for (name, value) in defaults {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
}
