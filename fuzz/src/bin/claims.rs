//! The parameter `claims`, JSON in a query: what is kept of it is a `claims` parameter again.

#![no_main]

use keywright_core::claims::request::ClaimsRequest;
use keywright_core::id::Subject;
use keywright_fuzz::refusal::answered;
use keywright_testkit::World;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(claims) = answered(ClaimsRequest::parse(text)) else { return };
    let written = serde_json::to_string(&claims).expect("claims are JSON");
    let again: ClaimsRequest = serde_json::from_str(&written).expect("as they are stored");
    assert_eq!(again, claims, "{written}");
    let parsed = ClaimsRequest::parse(&written);
    assert!(written.len() > 8 * 1024 || parsed.is_ok_and(|parsed| parsed == claims), "{written}");
    let about = claims.about_the_user().len();
    let subject = Subject::new("sub-alice");
    let is_about = claims.is_about(&subject);
    let kept = claims.available_to(&World::web_client());
    assert_eq!(kept.is_about(&subject), is_about, "whom it is about is no client's choice");
    assert!(kept.about_the_user().len() <= about);
    let all = kept.userinfo.len() + kept.id_token.len();
    assert!(all <= 2 * (kept.about_the_user().len() + 2), "unknown claims are kept: {kept:?}");
});
