//! Redirect URIs: the first line of an input is registered, the second one presented.

#![no_main]

use keywright_core::client::redirect_uri::{check_registration, destination, difference, matches};
use keywright_fuzz::home::is_another_port;
use libfuzzer_sys::fuzz_target;
use url::Url;

/// What makes another address of any.
const TAILS: [&str; 8] = ["/", "x", ".evil.example", "@evil.example", "/..", "?x", "%00", ":1"];

fuzz_target!(|input: &str| {
    let (registered, presented) = input.split_once('\n').unwrap_or((input, input));
    let told = difference(&[registered.to_owned()], presented);
    assert!(!told.is_empty());
    destination(presented);
    let is_match = matches(registered, presented);
    assert_eq!(is_match, matches(presented, registered), "only from one side");
    if check_registration(registered).is_err() {
        return;
    }
    check_registered(registered);
    if is_match && registered != presented {
        assert!(is_another_port(registered, presented), "{presented} is not {registered}");
        assert_eq!(check_registration(presented), Ok(()));
        assert_eq!(destination(presented), destination(registered));
    }
});

fn check_registered(uri: &str) {
    assert!(matches(uri, uri));
    let url = Url::parse(uri).expect("an absolute URI");
    assert!(url.fragment().is_none() && url.username().is_empty() && url.password().is_none());
    assert!(uri.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\'), "{uri:?}");
    assert!(!matches!(url.scheme(), "javascript" | "data" | "vbscript" | "file" | "blob"), "{uri}");
    assert!(!destination(uri).is_empty());
    for tail in TAILS {
        let longer = [uri, tail].concat();
        // A port may follow a host that has none, and be anything.
        assert!(!matches(uri, &longer) || is_another_port(uri, &longer), "{longer}");
    }
}
