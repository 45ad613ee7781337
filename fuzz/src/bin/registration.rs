//! What a client or a resource is registered with, as JSON, and scopes.

#![no_main]

use std::fmt::Debug;

use keywright_core::client::metadata::ClientMetadata;
use keywright_core::client::redirect_uri::check_registration;
use keywright_core::resource::Resource;
use keywright_core::scope::ScopeSet;
use keywright_fuzz::refusal::answered;
use libfuzzer_sys::fuzz_target;
use serde::Serialize;
use serde::de::DeserializeOwned;

fuzz_target!(|text: &str| {
    if let Ok(scopes) = answered(ScopeSet::parse(text)) {
        assert_eq!(ScopeSet::parse(&scopes.to_string()).ok(), Some(scopes.clone()));
        let tokens = text.split(' ').filter(|token| !token.is_empty());
        assert!(tokens.clone().all(|token| scopes.contains(token)));
        assert!(scopes.iter().all(|scope| tokens.clone().any(|token| token == scope)));
    }
    if let Some(client) = read::<ClientMetadata>(text) {
        let problems = client.problems();
        assert!(problems.iter().all(|problem| problem.contains(": ")), "{problems:?}");
        if problems.is_empty() {
            check(&client);
        }
    }
    if let Some(resource) = read::<Resource>(text)
        && resource.problems().is_empty()
    {
        assert!(resource.is_named(&resource.identifier));
        let names: ScopeSet = resource.scopes.iter().map(|scope| scope.name.as_str()).collect();
        assert_eq!(resource.known(&names), names);
    }
});

/// Reads a document; what is written of it is read as the same.
fn read<T: DeserializeOwned + Serialize + PartialEq + Debug>(text: &str) -> Option<T> {
    let document: T = serde_json::from_str(text).ok()?;
    let written = serde_json::to_string(&document).expect("a document is JSON");
    let again: T = serde_json::from_str(&written).unwrap_or_else(|e| panic!("{e}: {written}"));
    assert_eq!(again, document, "{written}");
    Some(document)
}

fn check(client: &ClientMetadata) {
    let uris = client.redirect_uris.iter().chain(&client.post_logout_redirect_uris);
    for uri in uris {
        assert_eq!(check_registration(uri), Ok(()));
    }
    assert!(client.require_pkce || !client.is_public(), "a public client without PKCE");
    if client.is_public() && client.is_assured() {
        assert!(client.redirect_uris.iter().all(|uri| uri.starts_with("https://")));
    }
}
