//! Access tokens in requests (RFC 6750 section 2).
//!
//! Accepted in the header, and for a form POST in the body; never in the query, where logs and
//! histories would keep it.

use actix_web::http::header::HeaderMap;
use keywright_core::error::{Error, ErrorCode};
use keywright_core::secret::Secret;

use super::authorization;
use super::parameters::Parameters;

/// The token of header or form; `None` when none was given.
///
/// # Errors
/// `invalid_request` for more than one token, `invalid_token` for one that cannot be a token.
pub(crate) fn token(headers: &HeaderMap, form: &mut Parameters) -> Result<Option<Secret>, Error> {
    let in_form = form.take("access_token");
    let in_header = header(headers)?;
    if in_form.is_some() && in_header.is_some() {
        let description = "The token must be sent in one way: header or body";
        return Err(Error::refused(ErrorCode::InvalidRequest, description));
    }
    in_header.or(in_form).map(check).transpose()
}

fn header(headers: &HeaderMap) -> Result<Option<String>, Error> {
    let Some(header) = authorization::of(headers)? else {
        return Ok(None);
    };
    let text = String::from_utf8_lossy(header.as_bytes());
    let (scheme, token) = text.split_once(' ').unwrap_or((&text, ""));
    Ok(scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_matches(' ').to_owned()))
}

/// `b64token = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`.
fn check(token: String) -> Result<Secret, Error> {
    let body = token.trim_end_matches('=');
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
    if body.is_empty() || !body.bytes().all(allowed) {
        return Err(Error::refused(ErrorCode::InvalidToken, "The access token is malformed"));
    }
    Ok(Secret::new(token))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::{AUTHORIZATION, HeaderValue};
    use proptest::prelude::*;

    fn with(value: &[u8]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if let Ok(value) = HeaderValue::from_bytes(value) {
            headers.insert(AUTHORIZATION, value);
        }
        headers
    }

    fn form(token: &str) -> Parameters {
        Parameters::once(vec![("access_token".to_owned(), token.to_owned())]).unwrap()
    }

    #[test]
    fn the_scheme_is_not_case_sensitive() {
        let token = token(&with(b"bEARER abc.d-_~+/="), &mut Parameters::default());
        assert_eq!(token.unwrap().unwrap().expose(), "abc.d-_~+/=");
    }

    #[test]
    fn another_scheme_is_no_token() {
        assert!(token(&with(b"Basic YTpi"), &mut Parameters::default()).unwrap().is_none());
    }

    #[test]
    fn two_tokens_are_an_invalid_request() {
        let error = token(&with(b"Bearer a"), &mut form("a")).unwrap_err();
        assert_eq!(error.code(), Some(ErrorCode::InvalidRequest));
    }

    #[test]
    fn what_cannot_be_a_token_is_an_invalid_token() {
        for bad in [&b"Bearer"[..], b"Bearer ", b"Bearer a b", b"Bearer \xff", b"Bearer ="] {
            let error = token(&with(bad), &mut Parameters::default()).unwrap_err();
            assert_eq!(error.code(), Some(ErrorCode::InvalidToken));
        }
    }

    proptest! {
        #[test]
        fn any_header_is_parsed_without_a_panic(bytes: Vec<u8>) {
            drop(token(&with(&bytes), &mut Parameters::default()));
            drop(token(&with(&[b"Bearer ", &bytes[..]].concat()), &mut Parameters::default()));
        }
    }
}
