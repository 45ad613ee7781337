//! Turning page structs, JSON and prepared bytes into responses.

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH,
    LOCATION, PRAGMA,
};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use askama::Template;
use keywright_core::error::Error;
use serde::Serialize;

use crate::error::Failure;

/// The HTML of a page.
///
/// # Errors
/// [`Error::Internal`] when the template fails.
pub(crate) fn html(page: &impl Template) -> Result<String, Error> {
    page.render().map_err(|error| Error::Internal(format!("a page was not rendered: {error}")))
}

/// Marks a response as a page with this Content-Security-Policy.
pub(crate) fn with_policy<'a>(
    response: &'a mut HttpResponseBuilder,
    policy: &str,
) -> &'a mut HttpResponseBuilder {
    response
        .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((CONTENT_SECURITY_POLICY, policy))
}

/// A page with its policy.
///
/// # Errors
/// As [`html`].
pub(crate) fn page(page: &impl Template, policy: &str) -> Result<HttpResponse, Failure> {
    let html = html(page)?;
    Ok(with_policy(&mut HttpResponse::Ok(), policy).body(html))
}

/// JSON that no cache may keep (RFC 6749 section 5.1).
pub(crate) fn json(body: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((PRAGMA, "no-cache"))
        .json(body)
}

/// Go there with GET.
pub(crate) fn see_other(location: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, location)).finish()
}

/// What caches may keep of prepared bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caching<'a> {
    /// A strong entity tag with its quotes.
    pub(crate) etag: &'a str,
    /// `Cache-Control`.
    pub(crate) control: &'static str,
}

/// Prepared bytes, or 304 to whoever has them (RFC 9110 section 13.1.2).
pub(crate) fn cached(
    request: &HttpRequest,
    caching: Caching<'_>,
    media_type: &str,
    bytes: Bytes,
) -> HttpResponse {
    let known = request
        .headers()
        .get_all(IF_NONE_MATCH)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|tag| tag.trim().trim_start_matches("W/"))
        .any(|tag| tag == "*" || tag == caching.etag);
    let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    let control = HeaderValue::from_static(caching.control);
    response.insert_header((ETAG, caching.etag)).insert_header((CACHE_CONTROL, control));
    if known {
        return response.finish();
    }
    response.insert_header((CONTENT_TYPE, media_type)).body(bytes)
}
