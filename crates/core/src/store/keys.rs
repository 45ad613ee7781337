//! Signing keys.

use super::StoreError;
use crate::id::Kid;
use crate::keys::algorithm::Algorithm;
use crate::time::Timestamp;

/// Where a key is in its life ([`crate::keys::rotate`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyState {
    /// Published, does not sign yet.
    Announced,
    /// Signs.
    Active,
    /// Signs no more; published until the last token it signed has expired.
    Retired,
    /// No longer published; its public half still verifies an `id_token_hint`.
    Removed,
    /// Compromised: never accepted again.
    Revoked,
}

impl KeyState {
    /// Every state there is, in the order of a life.
    pub const ALL: &'static [Self] =
        &[Self::Announced, Self::Active, Self::Retired, Self::Removed, Self::Revoked];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Announced => "announced",
            Self::Active => "active",
            Self::Retired => "retired",
            Self::Removed => "removed",
            Self::Revoked => "revoked",
        }
    }
}

/// A signing key as stored.
#[derive(Debug, Clone)]
pub struct KeyRow {
    /// RFC 7638 thumbprint.
    pub kid: Kid,
    /// What it signs with.
    pub algorithm: Algorithm,
    /// Where it is in its life.
    pub state: KeyState,
    /// The public JWK (RFC 7517) as JSON with `kid`, `use`, `alg`.
    pub public_jwk: String,
    /// PKCS#8 DER of the private key, sealed under the master key; `None` once removed or revoked.
    pub sealed_private: Option<Vec<u8>>,
    /// When it was announced.
    pub announced_at: Timestamp,
    /// When it began to sign.
    pub activated_at: Option<Timestamp>,
    /// When it stopped signing.
    pub retired_at: Option<Timestamp>,
    /// When it left the JWKS (removed or revoked).
    pub removed_at: Option<Timestamp>,
}

/// The `signing_keys` table. Each write bumps [`super::Versions::keys`].
pub trait KeyTx {
    /// Every key, oldest announcement first, then by kid.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails or a row is corrupt.
    fn keys(&mut self) -> Result<Vec<KeyRow>, StoreError>;

    /// Adds a key.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] for a known kid.
    fn insert_key(&mut self, key: &KeyRow) -> Result<(), StoreError>;

    /// Writes every column of `key`, if the stored row is still in state `from`; false if
    /// another replica was first.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn claim_key_step(&mut self, key: &KeyRow, from: KeyState) -> Result<bool, StoreError>;
}
