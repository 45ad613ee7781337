//! What a request shows of its client (RFC 6749 section 2.3.1).

use actix_web::http::header::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keywright_core::client::authenticate::Presented;
use keywright_core::error::{Error, ErrorCode, Refusal};
use keywright_core::secret::Secret;

use super::authorization;
use super::parameters::Parameters;

/// Takes the credentials out of header and body.
///
/// # Errors
/// `invalid_client` for a header that is not well-formed Basic, `invalid_request` when there is
/// more than one way of authentication.
pub(crate) fn presented(headers: &HeaderMap, form: &mut Parameters) -> Result<Presented, Error> {
    let basic = basic(headers)?;
    let client_id = form.take("client_id");
    let client_secret = form.take("client_secret").map(Secret::new);
    if basic.is_some() && client_secret.is_some() {
        let description = "The client must authenticate in one way: header or body";
        return Err(Error::refused(ErrorCode::InvalidRequest, description));
    }
    Ok(Presented { basic, client_id, client_secret })
}

fn basic(headers: &HeaderMap) -> Result<Option<(String, Secret)>, Error> {
    let malformed = |detail: &str| {
        let description = "The Authorization header is not well-formed Basic";
        Error::from(Refusal::new(ErrorCode::InvalidClient, description).detail(detail))
    };
    let Some(header) = authorization::of(headers)? else {
        return Ok(None);
    };
    let text = header.to_str().map_err(|_| malformed("not ASCII"))?;
    let (scheme, encoded) = text.split_once(' ').ok_or_else(|| malformed("no credentials"))?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(malformed("another scheme"));
    }
    let decoded = STANDARD.decode(encoded.trim_matches(' ')).map_err(|_| malformed("Base64"))?;
    let decoded = String::from_utf8(decoded).map_err(|_| malformed("not UTF-8"))?;
    if decoded.chars().any(char::is_control) {
        return Err(malformed("control character"));
    }
    let (id, secret) = decoded.split_once(':').ok_or_else(|| malformed("no colon"))?;
    Ok(Some((id.to_owned(), Secret::new(secret))))
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

    fn code(headers: &HeaderMap) -> Option<ErrorCode> {
        basic(headers).err().and_then(|error| error.code())
    }

    #[test]
    fn basic_is_split_at_the_first_colon_and_not_decoded_further() {
        let (id, secret) = basic(&with(b"bAsIc YSUzQWI6Yzpk")).unwrap().unwrap();
        assert_eq!((id.as_str(), secret.expose()), ("a%3Ab", "c:d"));
    }

    #[test]
    fn loose_base64_is_an_invalid_client() {
        // Without padding, with url-safe letters, with stray bits, with white space inside.
        let bad = ["YTpi", "YTpiYw", "YTpi-_==", "YTpiYx==", "YTpi Yw==", "", "!"];
        for encoded in &bad[1..] {
            let header = with(format!("Basic {encoded}").as_bytes());
            assert_eq!(code(&header), Some(ErrorCode::InvalidClient), "{encoded}");
        }
        assert!(basic(&with(b"Basic YTpi")).unwrap().is_some());
    }

    #[test]
    fn no_colon_no_utf8_and_controls_are_an_invalid_client() {
        for raw in [&b"abc"[..], b"a:\xff", b"a\0:b", b"a:b\n"] {
            let header = with(format!("Basic {}", STANDARD.encode(raw)).as_bytes());
            assert_eq!(code(&header), Some(ErrorCode::InvalidClient));
        }
        assert_eq!(code(&with(b"Basic")), Some(ErrorCode::InvalidClient));
        assert_eq!(code(&with(b"Bearer abc")), Some(ErrorCode::InvalidClient));
        assert_eq!(code(&with(b"Basic \xe9")), Some(ErrorCode::InvalidClient));
    }

    #[test]
    fn two_ways_at_once_are_an_invalid_request() {
        let pairs = [("client_id", "a"), ("client_secret", "b")];
        let pairs = pairs.map(|(n, v)| (n.to_owned(), v.to_owned())).to_vec();
        let mut form = Parameters::once(pairs).unwrap();
        let error = presented(&with(b"Basic YTpi"), &mut form).unwrap_err();
        assert_eq!(error.code(), Some(ErrorCode::InvalidRequest));
        let mut twice = with(b"Basic YTpi");
        twice.append(AUTHORIZATION, HeaderValue::from_static("Basic YTpi"));
        assert_eq!(code(&twice), Some(ErrorCode::InvalidRequest));
    }

    proptest! {
        #[test]
        fn any_header_is_parsed_without_a_panic(bytes: Vec<u8>) {
            drop(basic(&with(&bytes)));
            drop(basic(&with(&[b"Basic ", &bytes[..]].concat())));
            drop(basic(&with(format!("Basic {}", STANDARD.encode(&bytes)).as_bytes())));
        }
    }
}
