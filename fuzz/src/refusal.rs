//! What a refusal may look like.

use keywright_core::error::{Error, ErrorCode};

/// The answer, or the code of its refusal.
///
/// # Panics
/// When it is no refusal but the server's own fault, or its description has a character that
/// RFC 6749 section 5.2 does not allow.
pub fn answered<T>(result: Result<T, Error>) -> Result<T, ErrorCode> {
    result.map_err(|error| {
        let refusal = error.refusal().unwrap_or_else(|| panic!("no refusal: {error:?}"));
        check(refusal.code.as_str(), &refusal.description);
        refusal.code
    })
}

/// Checks code and description of a refusal.
///
/// # Panics
/// As [`answered`].
pub fn check(code: &str, description: &str) {
    let codes = ErrorCode::ALL.iter().map(|code| code.as_str());
    assert!(codes.into_iter().any(|known| known == code), "{code:?} is in no RFC");
    for own_fault in [ErrorCode::ServerError, ErrorCode::TemporarilyUnavailable] {
        assert_ne!(code, own_fault.as_str(), "{description}");
    }
    let allowed = |c: char| matches!(c, ' '..='!' | '#'..='[' | ']'..='~');
    assert!(!description.is_empty() && description.chars().all(allowed), "{description:?}");
}
