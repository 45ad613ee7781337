//! A JWK from elsewhere becomes a verifier, or is refused.

#![no_main]

use std::sync::LazyLock;

use keywright_core::keys::algorithm::Algorithm;
use keywright_core::keys::generate::generate;
use keywright_core::keys::sign::{Compact, Signer, Verifier};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};

/// A token of each algorithm, signed with keys that are new.
static TOKENS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let token = |algorithm: &Algorithm| {
        let pair = generate(*algorithm).expect("a key");
        let signer = Signer::new(pair.kid, *algorithm, &pair.private).expect("a signer");
        signer.sign("JWT", b"{}").expect("a token")
    };
    Algorithm::ALL.iter().map(token).collect()
});

fuzz_target!(|text: &str| {
    for algorithm in Algorithm::ALL {
        let Ok(verifier) = Verifier::new(*algorithm, text) else { continue };
        check(*algorithm, &serde_json::from_str(text).expect("a JSON object"));
        for token in &*TOKENS {
            let token = Compact::parse(token).expect("a token");
            assert!(verifier.verify(&token).is_none(), "the token of another key");
        }
    }
});

fn check(algorithm: Algorithm, jwk: &Map<String, Value>) {
    let member = |name: &str| jwk.get(name).map(|value| value.as_str().unwrap_or_default());
    let (kty, crv) = match algorithm {
        Algorithm::RS256 | Algorithm::PS256 => ("RSA", None),
        Algorithm::ES256 => ("EC", Some("P-256")),
        Algorithm::EdDSA => ("OKP", Some("Ed25519")),
    };
    assert_eq!(member("kty"), Some(kty));
    assert!(crv.is_none() || member("crv") == crv, "{jwk:?}");
    assert!(member("use").is_none_or(|purpose| purpose == "sig"), "a key for something else");
    assert!(member("alg").is_none_or(|name| name == algorithm.as_str()), "another algorithm");
}
