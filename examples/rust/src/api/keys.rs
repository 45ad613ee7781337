//! Keywright's public keys (RFC 7517). A key is published a day before it signs, so that what was
//! fetched once is good for long; an unknown `kid` fetches again, at most once a minute.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use josekit::jwk::JwkSet;
use josekit::jws::RS256;
use josekit::jws::alg::rsassa::RsassaJwsVerifier;
use keywright_example::{AnyError, Http};

use super::guard::Refusal;

const PATIENCE: Duration = Duration::from_secs(60);

/// The key set of one issuer.
pub(crate) struct Keys {
    http: Http,
    jwks_uri: String,
    held: Mutex<(JwkSet, Instant)>,
}

impl Keys {
    /// The keys that are published now.
    pub(crate) async fn fetch(http: Http, jwks_uri: String) -> Result<Self, AnyError> {
        let set = download(&http, &jwks_uri).await?;
        Ok(Self { http, jwks_uri, held: Mutex::new((set, now())) })
    }

    /// Verifies what the key with this `kid` signed.
    pub(crate) async fn verifier(&self, kid: &str) -> Result<RsassaJwsVerifier, Refusal> {
        if let Some(verifier) = self.find(kid) {
            return Ok(verifier);
        }
        if self.may_ask_again() {
            let set = download(&self.http, &self.jwks_uri).await;
            let set = set.map_err(|_| Refusal::Unreachable)?;
            self.with(|held| held.0 = set);
        }
        self.find(kid).ok_or(Refusal::InvalidToken("no RS256 key of Keywright's signed it"))
    }

    /// The verifier for a `kid`. It insists on RS256, whatever the token's header says.
    fn find(&self, kid: &str) -> Option<RsassaJwsVerifier> {
        self.with(|(set, _)| {
            let key = set.get(kid).into_iter().find(|key| key.algorithm() == Some("RS256"))?;
            RS256.verifier_from_jwk(key).ok()
        })
    }

    fn may_ask_again(&self) -> bool {
        self.with(|(_, asked)| {
            let may = asked.elapsed() >= PATIENCE;
            if may {
                *asked = now();
            }
            may
        })
    }

    fn with<T>(&self, look: impl FnOnce(&mut (JwkSet, Instant)) -> T) -> T {
        look(&mut self.held.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn download(http: &Http, jwks_uri: &str) -> Result<JwkSet, AnyError> {
    let answer = http.0.get(jwks_uri).send().await?.error_for_status()?;
    Ok(JwkSet::from_bytes(answer.bytes().await?)?)
}

#[expect(clippy::disallowed_methods, reason = "Keywright's own code takes its time from a clock")]
fn now() -> Instant {
    Instant::now()
}
