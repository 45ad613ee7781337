//! Whole requests to the whole server, cookies and forms and paths included. An input is
//! `METHOD target`, lines of headers, an empty line and a body.

#![no_main]

use std::cell::RefCell;

use keywright_fuzz::home::{self, CALLBACK, GOODBYE};
use keywright_fuzz::http::{Reply, Site};
use keywright_fuzz::stage::stage;
use libfuzzer_sys::fuzz_target;

thread_local! {
    static SITE: RefCell<Site> = RefCell::new(Site::open(stage().provider.clone()));
}

fuzz_target!(|request: &[u8]| {
    let request = stage().expand(request);
    if let Some(reply) = SITE.with_borrow_mut(|site| site.send(&request)) {
        check(&reply);
    }
});

fn check(reply: &Reply) {
    assert!((200..500).contains(&reply.status), "{reply:?}");
    let body = String::from_utf8_lossy(&reply.body);
    assert!(!body.contains("server_error") && !body.contains("temporarily_unavailable"), "{body}");
    if let Some(location) = reply.header("location") {
        assert_eq!(reply.status, 303, "{reply:?}");
        assert!(is_ours(location), "a redirect to {location}");
        assert!(!location.contains(char::is_whitespace), "{location:?}");
    }
    let is_page = reply.header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
    if is_page {
        let policy = reply.header("content-security-policy").expect("a policy on each page");
        assert!(
            policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"),
            "{policy}"
        );
    }
    let cookies = reply.headers.iter().filter(|(name, _)| name == "set-cookie");
    for (_, cookie) in cookies {
        assert!(cookie.starts_with("keywright-") && cookie.contains("; HttpOnly"), "{cookie}");
    }
}

/// A place of ours, or where a client of ours may be answered.
fn is_ours(location: &str) -> bool {
    let target = location.split(['?', '#']).next().unwrap_or_default();
    let own = location.starts_with('/') && !location.starts_with("//");
    own || target == CALLBACK || target == GOODBYE || home::is_home("tool", target)
}
