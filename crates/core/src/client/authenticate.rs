//! Client authentication (RFC 6749 section 2.3).

use crate::error::Error;
use crate::provider::Provider;
use crate::secret::Secret;
use crate::store::{ClientRow, Tx};

/// What a request showed of its client. `http` takes it out of header and body, undecoded.
#[derive(Debug, Default)]
pub struct Presented {
    /// `Authorization: Basic`: the two parts as they were before form-url-decoding.
    pub basic: Option<(String, Secret)>,
    /// `client_id` of the body.
    pub client_id: Option<String>,
    /// `client_secret` of the body.
    pub client_secret: Option<Secret>,
}

/// stub
pub fn authenticate(_provider: &Provider, _tx: &mut dyn Tx, _presented: &Presented, _now: crate::time::Timestamp) -> Result<ClientRow, Error> {
    Err(Error::Internal(String::new()))
}
