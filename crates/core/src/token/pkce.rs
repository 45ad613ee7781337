//! PKCE (RFC 7636), method S256: the one place that checks it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;

use super::invalid_grant;
use crate::error::{Error, ErrorCode};
use crate::secret::Secret;

/// Whether a `code_challenge` can be one: 43 characters of base64url (RFC 7636 section 4.2).
pub fn is_challenge(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// Checks the verifier against the challenge of the authorization request.
///
/// # Errors
/// `invalid_request` for a malformed verifier; `invalid_grant` when it is missing, wrong, or
/// belongs to a request without challenge (the downgrade of RFC 9700 section 2.1.1).
pub fn check(challenge: Option<&str>, verifier: Option<&Secret>) -> Result<(), Error> {
    match (challenge, verifier) {
        (None, None) => Ok(()),
        (Some(_), None) => Err(invalid_grant("code_verifier is missing", "")),
        (None, Some(_)) => {
            Err(invalid_grant("code_verifier was sent but the request had no code_challenge", ""))
        }
        (Some(challenge), Some(verifier)) => {
            let text = verifier.expose();
            let unreserved = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
            if !(43..=128).contains(&text.len()) || !text.bytes().all(unreserved) {
                let text = "code_verifier must be 43 to 128 unreserved characters";
                return Err(Error::refused(ErrorCode::InvalidRequest, text));
            }
            let computed = URL_SAFE_NO_PAD.encode(verifier.digest().0);
            if computed.as_bytes().ct_eq(challenge.as_bytes()).into() {
                Ok(())
            } else {
                Err(invalid_grant("code_verifier does not match code_challenge", ""))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn code(challenge: Option<&str>, verifier: Option<&str>) -> Option<ErrorCode> {
        check(challenge, verifier.map(Secret::new).as_ref()).err().and_then(|e| e.code())
    }

    #[test]
    fn the_example_of_rfc_7636_appendix_b_verifies() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert!(is_challenge(CHALLENGE));
        assert_eq!(code(Some(CHALLENGE), Some(verifier)), None);
    }

    #[test]
    fn a_missing_wrong_or_unexpected_verifier_is_invalid_grant() {
        let wrong = "x".repeat(43);
        assert_eq!(code(Some(CHALLENGE), None), Some(ErrorCode::InvalidGrant));
        assert_eq!(code(Some(CHALLENGE), Some(&wrong)), Some(ErrorCode::InvalidGrant));
        assert_eq!(code(None, Some(&wrong)), Some(ErrorCode::InvalidGrant));
        assert_eq!(code(None, None), None);
    }

    #[test]
    fn a_malformed_verifier_is_invalid_request() {
        for bad in ["short", &"x".repeat(129), &format!("{}ä", "x".repeat(43))] {
            assert_eq!(code(Some(CHALLENGE), Some(bad)), Some(ErrorCode::InvalidRequest), "{bad}");
        }
    }
}
