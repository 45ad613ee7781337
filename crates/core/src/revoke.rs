//! Token revocation (RFC 7009).
use crate::client::authenticate::Presented;
use crate::error::{Error, ErrorCode};
use crate::provider::Provider;
use crate::secret::Secret;

/// stub
pub fn revoke(_provider: &Provider, _presented: &Presented, _token: &Secret) -> Result<(), Error> {
    Err(Error::refused(ErrorCode::ServerError, "stub"))
}
