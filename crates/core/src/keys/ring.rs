//! stub
use crate::error::Error;
use crate::id::Kid;
use crate::keys::algorithm::Algorithm;
use crate::keys::seal::MasterKey;
use crate::store::KeyRow;

/// Keys of one snapshot, signers and verifiers built once.
#[derive(Debug)]
pub struct KeyRing {}

impl KeyRing {
    /// Unseals and builds.
    pub fn open(_rows: &[KeyRow], _master: &MasterKey) -> Result<Self, Error> {
        Ok(Self {})
    }
    /// The JWKS (RFC 7517): announced, active and retired keys.
    pub fn jwks(&self) -> &str {
        ""
    }
    /// Signs claims JSON with the active key of `algorithm`, header `typ`.
    pub fn sign(&self, _algorithm: Algorithm, _typ: &str, _claims: &[u8]) -> Result<String, Error> {
        Err(Error::Internal(String::new()))
    }
    /// Verifies a compact JWS by its kid; None when forged, malformed, of an unknown or revoked key, of another typ. With `removed`, keys that left the JWKS count too.
    pub fn verify(&self, _token: &str, _typ: &str, _removed: bool) -> Option<(Kid, serde_json::Map<String, serde_json::Value>)> {
        None
    }
}
