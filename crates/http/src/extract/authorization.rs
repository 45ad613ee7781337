//! The `Authorization` header, which a request has once (RFC 9110 section 11.6.2).

use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use keywright_core::error::{Error, ErrorCode};

/// What it holds; `None` when there is none.
///
/// # Errors
/// `invalid_request` for more than one.
pub(super) fn of(headers: &HeaderMap) -> Result<Option<&HeaderValue>, Error> {
    let mut given = headers.get_all(AUTHORIZATION);
    let first = given.next();
    if given.next().is_some() {
        let description = "There is more than one Authorization header";
        return Err(Error::refused(ErrorCode::InvalidRequest, description));
    }
    Ok(first)
}
