//! Headers of every answer.
//!
//! Owns the defaults; a handler that sets one of them has the last word (pages have their own
//! policy, public documents may be cached).

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use actix_web::middleware::Next;
use actix_web::{Error, web};

use super::trace::request_id;
use crate::state::State;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const ALWAYS: [(HeaderName, &str); 2] =
    [(CACHE_CONTROL, "no-store"), (X_CONTENT_TYPE_OPTIONS, "nosniff")];

/// For what a browser shows or follows. JSON is neither, and `nosniff` sees to that.
const SHOWN: [(HeaderName, &str); 3] = [
    (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (REFERRER_POLICY, "strict-origin"),
    (X_FRAME_OPTIONS, "DENY"),
];

/// Adds the defaults and the request id.
pub(crate) async fn add(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let id = request_id(&request);
    let state = request.app_data::<web::Data<State>>();
    if let Some(state) = state {
        state.notice_proxy(&request);
    }
    if let Some(state) = state
        && let Some(host) = request.headers().get(HOST).and_then(|host| host.to_str().ok())
    {
        state.notice_host(host);
    }
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    default(headers, ALWAYS);
    if headers.get(CONTENT_TYPE).is_none_or(|media_type| media_type != "application/json") {
        default(headers, SHOWN);
    }
    if let Ok(id) = HeaderValue::try_from(id) {
        headers.insert(X_REQUEST_ID, id);
    }
    Ok(response)
}

fn default<const N: usize>(headers: &mut HeaderMap, defaults: [(HeaderName, &'static str); N]) {
    for (name, value) in defaults {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
}
