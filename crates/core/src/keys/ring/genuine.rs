//! Tokens whose signature held, so that a resource server which asks about the same token at each
//! of its own requests costs one signature check.
//!
//! Owns how many are remembered and for how long: as long as the key ring, which is built anew when
//! any key changes. Nothing that was refused is remembered, and nothing that changes with time:
//! whether a token still counts is asked each time ([`crate::token::liveness`]).

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use serde_json::{Map, Value};

use crate::id::Kid;
use crate::keys::sign::{Compact, is_same_typ};
use crate::secret::Digest;

/// Most tokens that are remembered: some 10 MiB of claims.
const CAPACITY: usize = 4096;

/// A token that a key of ours signed.
pub(super) struct Genuine {
    /// Which key.
    pub(super) kid: Kid,
    /// What was signed.
    pub(super) claims: Arc<Map<String, Value>>,
    typ: Option<String>,
}

impl Genuine {
    pub(super) fn new(kid: Kid, token: &Compact<'_>, claims: Map<String, Value>) -> Self {
        let claims = Arc::new(claims);
        Self { kid, claims, typ: token.typ().map(str::to_owned) }
    }

    /// Whether the header's `typ` is `typ`.
    pub(super) fn is_typ(&self, typ: &str) -> bool {
        self.typ.as_deref().is_some_and(|own| is_same_typ(own, typ))
    }
}

/// What was found genuine, by the hash of its text.
#[derive(Default)]
pub(super) struct Seen(RwLock<HashMap<Digest, Arc<Genuine>>>);

impl Seen {
    pub(super) fn find(&self, digest: &Digest) -> Option<Arc<Genuine>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(digest).cloned()
    }

    /// Remembers a token; forgets all others when there are too many.
    pub(super) fn remember(&self, digest: &Digest, genuine: &Arc<Genuine>) {
        let mut seen = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= CAPACITY {
            seen.clear();
        }
        seen.insert(*digest, Arc::clone(genuine));
    }
}

/// Shows no claims.
impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seen(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_bounded() {
        let seen = Seen::default();
        let genuine = Arc::new(Genuine {
            kid: Kid::new("k"),
            claims: Arc::default(),
            typ: Some("JWT".into()),
        });
        let digest = |number: usize| {
            let mut bytes = [0; 32];
            bytes[..8].copy_from_slice(&number.to_be_bytes());
            Digest(bytes)
        };
        for number in 0..=CAPACITY {
            seen.remember(&digest(number), &genuine);
        }
        assert!(seen.find(&digest(CAPACITY)).is_some());
        assert!(seen.find(&digest(0)).is_none());
    }
}
