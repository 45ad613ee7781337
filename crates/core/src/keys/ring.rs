//! The keys of one snapshot: who signs, who verifies, what the JWKS says.

mod genuine;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde_json::{Map, Value};

use self::genuine::{Genuine, Seen};
use crate::error::Error;
use crate::id::Kid;
use crate::keys::algorithm::Algorithm;
use crate::keys::generate::KeyPair;
use crate::keys::jwks;
use crate::keys::seal::MasterKey;
use crate::keys::sign::{Compact, Signer, Verifier};
use crate::random::Random;
use crate::secret::Digest;
use crate::store::{KeyRow, KeyState, StoreError};
use crate::time::Timestamp;

/// When a key came to be what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Life {
    /// What it signs with.
    pub algorithm: Algorithm,
    /// Where it is in its life.
    pub state: KeyState,
    /// When it began to sign, or when it was published if it has not.
    pub since: Timestamp,
}

/// Keys of one snapshot, signers and verifiers built once. Debug shows no private key.
#[derive(Debug)]
pub struct KeyRing {
    signers: BTreeMap<Algorithm, Signer>,
    verifiers: HashMap<Kid, Verifier>,
    states: HashMap<Kid, KeyState>,
    lives: Vec<Life>,
    jwks: String,
    seen: Seen,
}

impl KeyRing {
    /// Unseals the active keys and builds signers for them, verifiers for all but the revoked.
    ///
    /// # Errors
    /// [`Error::Internal`] when a private key does not open under `master`, [`Error::Store`]
    /// when a row is corrupt.
    pub fn open(rows: &[KeyRow], master: &MasterKey) -> Result<Self, Error> {
        let mut signers = BTreeMap::new();
        let mut verifiers = HashMap::new();
        for row in rows {
            if row.state == KeyState::Active {
                signers.insert(row.algorithm, signer(row, master)?);
            }
            if row.state != KeyState::Revoked {
                let verifier = Verifier::new(row.algorithm, &row.public_jwk)
                    .map_err(|_| corrupt("public_jwk", row))?;
                verifiers.insert(row.kid.clone(), verifier);
            }
        }
        let states = rows.iter().map(|row| (row.kid.clone(), row.state)).collect();
        let lives = rows.iter().map(life).collect();
        let (jwks, seen) = (jwks::document(rows)?, Seen::default());
        Ok(Self { signers, verifiers, states, lives, jwks, seen })
    }

    /// The JWKS (RFC 7517): announced, active and retired keys.
    pub fn jwks(&self) -> &str {
        &self.jwks
    }

    /// The key that signs with `algorithm`; `None` when the algorithm is not enabled.
    pub fn active_kid(&self, algorithm: Algorithm) -> Option<&Kid> {
        self.signers.get(&algorithm).map(Signer::kid)
    }

    /// Where a key is in its life; `None` for one that was never ours.
    pub fn state(&self, kid: &Kid) -> Option<KeyState> {
        self.states.get(kid).copied()
    }

    /// Every key there is, oldest first, for whoever watches over them.
    pub fn lives(&self) -> &[Life] {
        &self.lives
    }

    /// Signs claims JSON with the active key of `algorithm`, header `typ`.
    ///
    /// # Errors
    /// [`Error::Internal`] when no key is active for `algorithm` or OpenSSL fails.
    pub fn sign(&self, algorithm: Algorithm, typ: &str, claims: &[u8]) -> Result<String, Error> {
        let signer = self.signers.get(&algorithm).ok_or_else(|| {
            Error::Internal(format!("no key signs with {algorithm}: enable it in keys.algorithms"))
        })?;
        signer.sign(typ, claims)
    }

    /// Verifies a compact JWS by its `kid`: `None` when it is forged or malformed, of an unknown
    /// or revoked key, or of another `typ`. With `removed`, keys that left the JWKS count too
    /// (`id_token_hint`). What the claims say, expiry included, is the caller's to judge.
    pub fn verify(&self, token: &str, typ: &str, removed: bool) -> Option<Arc<Map<String, Value>>> {
        let genuine = self.genuine(token)?;
        let acceptable = match self.state(&genuine.kid)? {
            KeyState::Announced | KeyState::Active | KeyState::Retired => true,
            KeyState::Removed => removed,
            KeyState::Revoked => false,
        };
        (acceptable && genuine.is_typ(typ)).then(|| Arc::clone(&genuine.claims))
    }

    fn genuine(&self, token: &str) -> Option<Arc<Genuine>> {
        let digest = Digest::of(token.as_bytes());
        if let Some(genuine) = self.seen.find(&digest) {
            return Some(genuine);
        }
        let token = Compact::parse(token)?;
        let kid = Kid::new(token.kid()?);
        let claims = self.verifiers.get(&kid)?.verify(&token)?;
        let genuine = Arc::new(Genuine::new(kid, &token, claims));
        self.seen.remember(&digest, &genuine);
        Some(genuine)
    }
}

/// The private half of a new pair as a row keeps it.
pub(super) fn seal(
    pair: &KeyPair,
    random: &dyn Random,
    master: &MasterKey,
) -> Result<Vec<u8>, Error> {
    master.seal(random, &context(pair.algorithm, &pair.kid), &pair.private)
}

fn life(row: &KeyRow) -> Life {
    let since = row.activated_at.unwrap_or(row.announced_at);
    Life { algorithm: row.algorithm, state: row.state, since }
}

fn signer(row: &KeyRow, master: &MasterKey) -> Result<Signer, Error> {
    let sealed = row.sealed_private.as_deref().ok_or_else(|| corrupt("sealed_private", row))?;
    let private = master.open(&context(row.algorithm, &row.kid), sealed)?;
    Signer::new(row.kid.clone(), row.algorithm, &private)
}

fn context(algorithm: Algorithm, kid: &Kid) -> String {
    format!("signing_keys|sealed_private|{algorithm}|{kid}")
}

fn corrupt(column: &'static str, row: &KeyRow) -> Error {
    StoreError::Corrupt { table: "signing_keys", column, id: row.kid.to_string() }.into()
}

#[cfg(test)]
mod tests;
