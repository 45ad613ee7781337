//! Request bodies and queries.

use std::time::Duration;

use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::rt::time::timeout;
use actix_web::{HttpRequest, web};
use keywright_core::error::{Error, ErrorCode};

use super::parameters::{Parameters, decode};
use crate::error::Failure;

/// Longest accepted body in bytes.
pub(crate) const MAX_BODY: usize = 64 * 1024;

/// How long a body may take to arrive; data of the application.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BodyTimeout(pub(crate) Duration);

/// The decoded query, in order, duplicates included.
///
/// # Errors
/// `invalid_request`.
pub(crate) fn query(request: &HttpRequest) -> Result<Vec<(String, String)>, Failure> {
    Ok(decode(request.query_string().as_bytes())?)
}

/// The decoded form of a POST, in order, duplicates included.
///
/// # Errors
/// `invalid_request` for another content type, [`Failure::TooLarge`] beyond [`MAX_BODY`],
/// [`Failure::TooSlow`] beyond [`BodyTimeout`].
pub(crate) async fn pairs(
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<Vec<(String, String)>, Failure> {
    if !is_form(request) {
        let description = "The content type must be application/x-www-form-urlencoded";
        return Err(Error::refused(ErrorCode::InvalidRequest, description).into());
    }
    Ok(decode(&body(request, payload).await?)?)
}

/// The form of a POST, each parameter once.
///
/// # Errors
/// As [`pairs`], and `invalid_request` for a duplicate.
pub(crate) async fn form(
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<Parameters, Failure> {
    Ok(Parameters::once(pairs(request, payload).await?)?)
}

/// Whether the body says that it is a form, and is not compressed.
pub(crate) fn is_form(request: &HttpRequest) -> bool {
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.and_then(|text| text.split(';').next()).unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
        && !request.headers().contains_key(CONTENT_ENCODING)
}

/// A body that says that it is too large is not waited for.
async fn body(request: &HttpRequest, payload: web::Payload) -> Result<web::Bytes, Failure> {
    let length = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if length.and_then(|text| text.parse().ok()).is_some_and(|length: usize| length > MAX_BODY) {
        return Err(Failure::TooLarge);
    }
    let read = payload.to_bytes_limited(MAX_BODY);
    let read = match request.app_data::<BodyTimeout>() {
        Some(BodyTimeout(limit)) => timeout(*limit, read).await,
        None => Ok(read.await),
    };
    match read {
        Ok(Ok(Ok(bytes))) => Ok(bytes),
        Ok(Ok(Err(_))) => {
            let description = "The body could not be read to its end";
            Err(Error::refused(ErrorCode::InvalidRequest, description).into())
        }
        Ok(Err(_)) => Err(Failure::TooLarge),
        Err(_) => Err(Failure::TooSlow),
    }
}
