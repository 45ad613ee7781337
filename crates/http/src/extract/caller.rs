//! Who asks: the request's id and the address of its client.

use actix_web::HttpRequest;
use keywright_core::provider::Caller;

use crate::middleware::trace::request_id;
use crate::state::State;

/// The caller of a request.
pub(crate) fn of(request: &HttpRequest, state: &State) -> Caller {
    Caller { request_id: request_id(request), address: state.address(request) }
}
