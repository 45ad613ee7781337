//! UserInfo (OIDC Core section 5.3).
use serde_json::{Map, Value};

use crate::error::{Error, ErrorCode};
use crate::provider::Provider;
use crate::secret::Secret;

/// stub
pub fn userinfo(_provider: &Provider, _token: &Secret) -> Result<Map<String, Value>, Error> {
    Err(Error::refused(ErrorCode::ServerError, "stub"))
}
