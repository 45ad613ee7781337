//! The parameters of `/authorize` and `/logout`, from the bytes of a query to an answer: sent by a
//! browser that nobody has logged in with, and by alice's.

#![no_main]

use keywright_core::authorize::{self, Answer, Step};
use keywright_core::error::ErrorCode;
use keywright_core::session::logout::{self, LogoutStep};
use keywright_fuzz::home::{self, GOODBYE};
use keywright_fuzz::refusal::{answered, check};
use keywright_fuzz::stage::stage;
use keywright_testkit::world::ISSUER;
use libfuzzer_sys::fuzz_target;

#[path = "../../../crates/http/src/extract/parameters.rs"]
#[allow(dead_code, reason = "only the query is of interest")]
mod parameters;

type Pairs = [(String, String)];

fuzz_target!(|query: &[u8]| {
    let stage = stage();
    let Ok(pairs) = answered(parameters::decode(&stage.expand(query))) else { return };
    for browser in [&stage.stranger, &stage.alice] {
        let is_alice = browser.session.is_some();
        match answered(authorize::begin(&stage.provider, &pairs, browser)) {
            Ok(Step::Answer(answer)) => check_answer(&answer, &pairs, is_alice),
            Ok(Step::Login { client, .. }) => {
                let client = client.expect("a client asks");
                assert!(home::is_home(named(&pairs), &client.redirect_uri), "{client:?}");
            }
            Ok(Step::Consent { client, .. } | Step::SelectAccount { client, .. }) => {
                assert!(is_alice, "somebody is logged in");
                assert!(home::is_home(named(&pairs), &client.redirect_uri), "{client:?}");
            }
            Ok(Step::Return(place)) => panic!("no client is answered: {place:?}"),
            Err(code) => check_page(code),
        }
        match answered(logout::begin(&stage.provider, &pairs, browser)) {
            Ok(LogoutStep::Confirm { redirect, .. } | LogoutStep::Done { redirect }) => {
                check_goodbye(redirect.as_deref());
            }
            Err(code) => check_page(code),
        }
    }
    answered(authorize::park(&stage.provider, &pairs)).map_or_else(check_page, drop);
    answered(logout::park(&stage.provider, &pairs)).map_or_else(check_page, drop);
});

/// The value of the one `client_id` that is not empty.
fn named(pairs: &Pairs) -> &str {
    one(pairs, "client_id").expect("a client is named")
}

fn one<'a>(pairs: &'a Pairs, name: &str) -> Option<&'a str> {
    let mut values = pairs.iter().filter(|(known, value)| known == name && !value.is_empty());
    values.next().map(|(_, value)| value.as_str())
}

/// What is shown on a page says nothing of scopes or grants: the target was not to be trusted.
fn check_page(code: ErrorCode) {
    assert!(matches!(code, ErrorCode::InvalidRequest | ErrorCode::InvalidClient), "{code}");
}

fn check_answer(answer: &Answer, pairs: &Pairs, is_alice: bool) {
    let id = named(pairs);
    assert!(home::is_home(id, &answer.redirect_uri), "{} at {id}", answer.redirect_uri);
    let parameter = |name: &str| {
        let found = answer.parameters.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.expose())
    };
    assert_eq!(parameter("iss"), Some(ISSUER));
    match (parameter("state"), one(pairs, "state")) {
        (Some(state), Some(sent)) => assert_eq!(state, sent),
        // From a request object, which is refused.
        (Some(_), None) => assert!(one(pairs, "request").is_some()),
        (None, _) => (),
    }
    assert_ne!(parameter("code").is_some(), parameter("error").is_some());
    if let Some(code) = parameter("error") {
        check(code, parameter("error_description").unwrap_or_default());
        return;
    }
    assert!(is_alice, "somebody is logged in");
    assert_eq!(parameter("state"), one(pairs, "state"));
    assert!(id == "old" || one(pairs, "code_challenge").is_some(), "without PKCE");
}

fn check_goodbye(redirect: Option<&str>) {
    let Some(uri) = redirect else { return };
    let rest = uri.strip_prefix(GOODBYE).unwrap_or_else(|| panic!("a logout leads to {uri}"));
    assert!(rest.is_empty() || rest.starts_with("?state="), "{uri}");
}
