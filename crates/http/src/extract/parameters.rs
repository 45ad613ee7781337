//! `application/x-www-form-urlencoded` (RFC 6749 appendix B), strictly.
//!
//! Owns decoding of queries and forms. Refused with `invalid_request`: broken percent escapes,
//! bytes that are not UTF-8, too many parameters; in [`Parameters`] also duplicates, NUL and other
//! control characters. `/authorize` and `/logout` get the decoded pairs as they are: where their
//! errors go depends on them.

use std::borrow::Cow;
use std::fmt;

use keywright_core::error::{Error, ErrorCode, Refusal};
use percent_encoding::percent_decode;

/// Most parameters of a request; what clients send in earnest is a tenth of it.
const MAX_PARAMETERS: usize = 128;

/// The one parameter that may be repeated (RFC 8707 section 2).
const REPEATABLE: &str = "resource";

fn refused(description: &'static str) -> Error {
    Error::refused(ErrorCode::InvalidRequest, description)
}

fn refused_for(description: &'static str, name: &str) -> Error {
    Refusal::new(ErrorCode::InvalidRequest, description).parameter(name).into()
}

/// Names and values in order, duplicates included.
///
/// # Errors
/// `invalid_request`.
pub(crate) fn decode(encoded: &[u8]) -> Result<Vec<(String, String)>, Error> {
    let mut pairs = Vec::new();
    for pair in encoded.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        if pairs.len() == MAX_PARAMETERS {
            return Err(refused("There are too many parameters"));
        }
        let split = pair.iter().position(|byte| *byte == b'=');
        let (name, value) = split.map_or((pair, &[][..]), |at| (&pair[..at], &pair[at + 1..]));
        pairs.push((component(name)?, component(value)?));
    }
    Ok(pairs)
}

fn component(encoded: &[u8]) -> Result<String, Error> {
    let mut rest = encoded;
    while let Some(at) = rest.iter().position(|byte| *byte == b'%') {
        match rest.get(at + 1..at + 3) {
            Some(digits) if digits.iter().all(u8::is_ascii_hexdigit) => rest = &rest[at + 3..],
            _ => return Err(refused("A parameter has a broken percent escape")),
        }
    }
    let spaced: Vec<u8> =
        encoded.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    let text = percent_decode(&spaced).decode_utf8();
    text.map(Cow::into_owned).map_err(|_| refused("A parameter is not UTF-8"))
}

/// Parameters of which each was given once; empty ones count as absent (RFC 6749 section 3.1).
#[derive(Default)]
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Refuses control characters, and duplicates (RFC 6749 sections 3.1 and 3.2) except of
    /// `resource`.
    ///
    /// # Errors
    /// `invalid_request`.
    pub(crate) fn once(pairs: Vec<(String, String)>) -> Result<Self, Error> {
        let mut kept: Vec<(String, String)> = Vec::with_capacity(pairs.len());
        for (name, value) in pairs {
            if value.is_empty() {
                continue;
            }
            if name.chars().chain(value.chars()).any(char::is_control) {
                return Err(refused_for("A parameter has a control character", &name));
            }
            if name != REPEATABLE && kept.iter().any(|(known, _)| *known == name) {
                return Err(refused_for("A parameter is given more than once", &name));
            }
            kept.push((name, value));
        }
        Ok(Self(kept))
    }

    /// Takes a parameter out.
    pub(crate) fn take(&mut self, name: &str) -> Option<String> {
        let at = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.swap_remove(at).1)
    }

    /// A parameter that stays where it is.
    pub(crate) fn peek(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Takes a parameter out that must be there.
    ///
    /// # Errors
    /// `invalid_request`.
    pub(crate) fn require(&mut self, name: &'static str) -> Result<String, Error> {
        self.take(name).ok_or_else(|| {
            Error::refused(ErrorCode::InvalidRequest, format!("The parameter {name} is missing"))
        })
    }

    /// Takes every value of a repeatable parameter out, in order.
    pub(crate) fn take_all(&mut self, name: &str) -> Vec<String> {
        let (taken, rest) = std::mem::take(&mut self.0).into_iter().partition(|(n, _)| n == name);
        self.0 = rest;
        let taken: Vec<(String, String)> = taken;
        taken.into_iter().map(|(_, value)| value).collect()
    }
}

impl fmt::Debug for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values are codes, tokens and passwords.
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use url::form_urlencoded;

    fn code(result: Result<impl Sized, Error>) -> Option<ErrorCode> {
        result.err().and_then(|error| error.code())
    }

    #[test]
    fn plus_and_escapes_are_decoded() {
        let pairs = decode(b"a=1+2&b=%C3%A9&c&=d").unwrap();
        let expected = [("a", "1 2"), ("b", "é"), ("c", ""), ("", "d")];
        assert_eq!(pairs, expected.map(|(n, v)| (n.to_owned(), v.to_owned())));
    }

    #[test]
    fn what_is_malformed_is_an_invalid_request() {
        for bad in ["a=%", "a=%1", "a=%zz", "%=1", "a=%ff", "%ff=a"] {
            assert_eq!(code(decode(bad.as_bytes())), Some(ErrorCode::InvalidRequest), "{bad}");
        }
        assert_eq!(code(decode(&[b'a', b'=', 0xff])), Some(ErrorCode::InvalidRequest));
    }

    #[test]
    fn control_characters_are_an_invalid_request() {
        for bad in ["a=%00", "a=%0a", "a=%7F", "a=\u{1}", "a%00=1", "a=%C2%85"] {
            let pairs = decode(bad.as_bytes()).unwrap();
            assert_eq!(code(Parameters::once(pairs)), Some(ErrorCode::InvalidRequest), "{bad}");
        }
    }

    #[test]
    fn more_parameters_than_anybody_needs_are_refused() {
        let many = (0..=MAX_PARAMETERS).map(|n| format!("p{n}=1")).collect::<Vec<_>>().join("&");
        assert_eq!(code(decode(many.as_bytes())), Some(ErrorCode::InvalidRequest));
    }

    #[test]
    fn a_duplicate_is_refused_unless_it_is_empty_or_a_resource() {
        let parse = |text: &str| Parameters::once(decode(text.as_bytes()).unwrap());
        assert_eq!(code(parse("a=1&a=1")), Some(ErrorCode::InvalidRequest));
        assert_eq!(parse("a=1&a=").unwrap().take("a").as_deref(), Some("1"));
        let mut resources = parse("resource=x&a=1&resource=y").unwrap();
        assert_eq!(resources.take_all("resource"), ["x", "y"]);
        assert_eq!(resources.take("a").as_deref(), Some("1"));
    }

    #[test]
    fn an_empty_parameter_is_a_missing_one() {
        let mut form = Parameters::once(decode(b"token=").unwrap()).unwrap();
        assert_eq!(code(form.require("token")), Some(ErrorCode::InvalidRequest));
    }

    proptest! {
        #[test]
        fn decoding_anything_does_not_panic(bytes: Vec<u8>) {
            if let Ok(pairs) = decode(&bytes) {
                drop(Parameters::once(pairs));
            }
        }

        #[test]
        fn what_was_encoded_is_decoded(pairs in prop::collection::vec(("[^\\p{Cc}]{1,9}", "[^\\p{Cc}]{0,9}"), 0..9)) {
            let encoded = form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
            prop_assert_eq!(decode(encoded.as_bytes()).unwrap(), pairs);
        }
    }
}
