//! What happens around every request: it is noticed, counted and measured, under the pattern of its
//! route, and its answer gets its headers. One layer, since each costs even the cheapest request.

use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, web};

use super::headers;
use super::trace::request_id;
use crate::connection::Conversation;
use crate::state::State;

/// The label of a request that no route answers.
const UNMATCHED: &str = "unmatched";

/// Measures from the head of a request to the head of its answer.
#[expect(clippy::disallowed_methods, reason = "telemetry measures; nothing is decided by it")]
pub(crate) async fn around(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let began = Instant::now();
    let state = request.app_data::<web::Data<State>>().cloned();
    let answering = Conversation::answering(request.request());
    let under_way = state.as_ref().map(|state| {
        state.notice(&request);
        state.metrics.requests.begin()
    });
    let id = request_id(&request);
    let method = request.method().clone();
    // Below the path of the issuer, so that a dashboard fits every installation.
    let pattern = request.match_pattern();
    let mut outcome = next.call(request).await;
    if let Ok(response) = &mut outcome {
        let is_https = state.as_ref().is_some_and(|state| state.provider.settings.is_https());
        headers::add(response.headers_mut(), id, is_https);
    }
    if let Some(state) = state {
        let status = match &outcome {
            Ok(response) => response.status(),
            Err(error) => error.as_response_error().status_code(),
        };
        let route = route(pattern, &state.base);
        state.metrics.requests.answered(route, &method, status, began.elapsed());
    }
    drop((under_way, answering));
    outcome
}

fn route(pattern: Option<String>, base: &str) -> String {
    let Some(pattern) = pattern else { return UNMATCHED.to_owned() };
    match pattern.strip_prefix(base) {
        Some("") => "/".to_owned(),
        Some(rest) if rest.len() < pattern.len() && rest.starts_with('/') => rest.to_owned(),
        _ => pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::route;

    #[test]
    fn a_route_is_told_without_the_path_of_the_issuer() {
        let told = |pattern: &str, base| route(Some(pattern.to_owned()), base);
        assert_eq!(told("/token", ""), "/token");
        assert_eq!(told("/id/token", "/id"), "/token");
        assert_eq!(told("/id", "/id"), "/");
        let inserted = "/.well-known/openid-configuration/id";
        assert_eq!(told(inserted, "/id"), inserted);
        assert_eq!(route(None, "/id"), "unmatched");
    }
}
