//! The name of an interaction in the path of its pages.

use actix_web::HttpRequest;
use keywright_core::id::InteractionId;

use crate::error::Failure;

/// The interaction that the path names.
///
/// # Errors
/// [`Failure::NotFound`] for what cannot be the name of one.
pub(crate) fn named(request: &HttpRequest) -> Result<InteractionId, Failure> {
    let id = request.match_info().get("id").unwrap_or_default();
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if id.is_empty() || id.len() > 64 || !id.bytes().all(allowed) {
        return Err(Failure::NotFound);
    }
    Ok(InteractionId::new(id))
}
