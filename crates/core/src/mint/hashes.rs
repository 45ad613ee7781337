//! `at_hash` (OIDC Core section 3.1.3.6).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::sha::{sha256, sha512};

use crate::keys::algorithm::Algorithm;

/// The left half of the hash that belongs to the ID token's algorithm, in base64url. For `EdDSA`
/// that is SHA-512, the hash inside Ed25519.
pub fn left_half(algorithm: Algorithm, token: &str) -> String {
    match algorithm {
        Algorithm::RS256 | Algorithm::PS256 | Algorithm::ES256 => {
            URL_SAFE_NO_PAD.encode(&sha256(token.as_bytes())[..16])
        }
        Algorithm::EdDSA => URL_SAFE_NO_PAD.encode(&sha512(token.as_bytes())[..32]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_hash_is_the_one_of_oidc_core_appendix_a() {
        let token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
        assert_eq!(left_half(Algorithm::RS256, token), "77QmUPtjPfzWtF2AnpK9RQ");
    }
}
