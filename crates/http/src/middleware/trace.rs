//! One span per request, without what must not be logged: no query, no header, no address.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::{Error, HttpMessage};
use tracing::Span;
use tracing::field::Empty;
use tracing_actix_web::{RequestId, RootSpanBuilder};

use crate::metrics::method_name;
use crate::routes;

/// Builds the span: method, route pattern, request id; the status at the end.
pub(crate) struct RootSpan;

macro_rules! span_at {
    ($level:ident, $request:expr) => {
        tracing::span!(
            tracing::Level::$level,
            "request",
            request_id = request_id($request),
            method = method_name($request.method()),
            route = $request.match_pattern().as_deref().unwrap_or("unmatched"),
            status = Empty,
        )
    };
}

impl RootSpanBuilder for RootSpan {
    /// The documents that everybody polls have theirs at the level of debugging: it would be a quarter
    /// of their cost, for a request of which there is nothing to say.
    fn on_request_start(request: &ServiceRequest) -> Span {
        if routes::is_document(request.path()) {
            span_at!(DEBUG, request)
        } else {
            span_at!(INFO, request)
        }
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        let status = match outcome {
            Ok(response) => response.status(),
            Err(error) => error.as_response_error().status_code(),
        };
        span.record("status", status.as_u16());
        tracing::debug!(parent: &span, status = status.as_u16(), "answered");
    }
}

/// The id that log lines about this request carry.
pub(crate) fn request_id(request: &impl HttpMessage) -> String {
    request.extensions().get::<RequestId>().map(ToString::to_string).unwrap_or_default()
}
