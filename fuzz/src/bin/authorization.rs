//! The header `Authorization`: Basic, Bearer, or neither.

#![no_main]

use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keywright_fuzz::refusal::answered;
use libfuzzer_sys::fuzz_target;
use parameters::Parameters;

#[path = "../../../crates/http/src/extract/authorization.rs"]
mod authorization;
#[path = "../../../crates/http/src/extract/bearer.rs"]
mod bearer;
#[path = "../../../crates/http/src/extract/client.rs"]
mod client;
#[path = "../../../crates/http/src/extract/parameters.rs"]
#[allow(dead_code, reason = "forms are the business of another target")]
mod parameters;

fuzz_target!(|input: &[u8]| {
    check(input);
    check(format!("Basic {}", STANDARD.encode(input)).as_bytes());
    check(&[b"Bearer ", input].concat());
});

fn check(header: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(header) else { return };
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, value);
    let basic = answered(client::presented(&headers, &mut Parameters::default()));
    let bearer = answered(bearer::token(&headers, &mut Parameters::default()));
    if let Ok(Some((id, secret))) = basic.map(|presented| presented.basic) {
        let encoded = STANDARD.encode(format!("{id}:{}", secret.expose()));
        assert_eq!(credentials(header, "basic"), Some(encoded.as_bytes()), "no way back");
        assert!(
            !id.contains(':') && !format!("{id}{}", secret.expose()).contains(char::is_control)
        );
        assert!(matches!(bearer, Ok(None)), "two schemes at once");
    } else if let Ok(Some(token)) = bearer {
        assert_eq!(credentials(header, "bearer"), Some(token.expose().as_bytes()), "another token");
        assert!(token.expose().bytes().all(|byte| byte.is_ascii_graphic() && byte != b','));
    }
    headers.append(AUTHORIZATION, HeaderValue::from_static("Basic YTpi"));
    assert!(client::presented(&headers, &mut Parameters::default()).is_err(), "one of two");
    assert!(bearer::token(&headers, &mut Parameters::default()).is_err(), "one of two");
}

/// What comes after the scheme, if it is this one (RFC 9110 section 11.4).
fn credentials<'a>(header: &'a [u8], scheme: &str) -> Option<&'a [u8]> {
    let at = header.iter().position(|byte| *byte == b' ')?;
    let rest = header[at..].trim_ascii();
    header[..at].eq_ignore_ascii_case(scheme.as_bytes()).then_some(rest)
}
