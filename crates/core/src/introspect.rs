//! Token introspection (RFC 7662).
use serde_json::{Map, Value};

use crate::client::authenticate::Presented;
use crate::error::{Error, ErrorCode};
use crate::provider::Provider;
use crate::secret::Secret;

/// stub
pub fn introspect(_provider: &Provider, _presented: &Presented, _token: &Secret) -> Result<Map<String, Value>, Error> {
    Err(Error::refused(ErrorCode::ServerError, "stub"))
}
