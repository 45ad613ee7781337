//! Forms of our own pages.
//!
//! Owns the two proofs that a form came from our page in this browser: the `Origin` header and
//! the CSRF token.

use actix_web::http::header::{HeaderValue, ORIGIN};
use actix_web::{HttpRequest, web};
use keywright_core::authorize::Decision;
use keywright_core::error::{Error, ErrorCode, Refusal};
use keywright_core::session::{self, FormScope};

use super::browser::Visitor;
use super::form::form;
use super::parameters::Parameters;
use crate::error::Failure;
use crate::state::State;

/// The form, if it is ours.
///
/// # Errors
/// [`Failure::Stale`] when the token does not fit this browser, else `invalid_request`.
pub(crate) async fn own_form(
    state: &State,
    request: &HttpRequest,
    visitor: &Visitor,
    payload: web::Payload,
    scope: FormScope,
) -> Result<Parameters, Failure> {
    check_origin(state, request)?;
    let mut form = form(request, payload).await?;
    let token = form.require("csrf").map_err(Failure::Stale)?;
    match session::check_form_token(&state.provider, &visitor.browser, scope, &token) {
        Err(refused @ Error::Refused(_)) => Err(Failure::Stale(refused)),
        other => Ok(other.map(|()| form)?),
    }
}

/// What the user decided: the button that was pressed. `accept` is what the first one means on
/// this page.
///
/// # Errors
/// `invalid_request` for a missing or unknown button.
pub(crate) fn decision(form: &mut Parameters, accept: Decision) -> Result<Decision, Error> {
    match form.take("decision").as_deref() {
        Some("accept") => Ok(accept),
        Some("deny") => Ok(Decision::Deny),
        Some("other") => Ok(Decision::OtherAccount),
        _ => Err(Error::refused(ErrorCode::InvalidRequest, "The form names no decision")),
    }
}

/// A browser says where a POST comes from; if it does, that must be us. `null` is not.
fn check_origin(state: &State, request: &HttpRequest) -> Result<(), Error> {
    let foreign = |origin| origin != state.origin.as_bytes();
    match request.headers().get_all(ORIGIN).map(HeaderValue::as_bytes).find(|o| foreign(*o)) {
        None => Ok(()),
        Some(origin) => {
            let description = "The form was sent from another site";
            let detail =
                format!("Origin {:?}, expected {}", String::from_utf8_lossy(origin), state.origin);
            Err(Refusal::new(ErrorCode::InvalidRequest, description).detail(detail).into())
        }
    }
}
