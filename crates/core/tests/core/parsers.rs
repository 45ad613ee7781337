//! Whatever text comes in, every parser answers: no panic, and never the server's own fault.

use keywright_core::account::{password, user};
use keywright_core::authorize;
use keywright_core::client::authenticate::Presented;
use keywright_core::client::metadata::ClientMetadata;
use keywright_core::client::redirect_uri;
use keywright_core::error::Error;
use keywright_core::introspect::introspect;
use keywright_core::keys::algorithm::Algorithm;
use keywright_core::keys::seal::MasterKey;
use keywright_core::revoke::revoke;
use keywright_core::scope::ScopeSet;
use keywright_core::secret::Secret;
use keywright_core::session::logout;
use keywright_core::token::refresh_token::Parts;
use keywright_core::token::{self, TokenRequest};
use keywright_core::userinfo::userinfo;
use keywright_testkit::World;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};

use crate::journey::{basic, browser, populate, public, refresh, request, tokens};

/// A refusal or an answer: anything but the server's own fault.
fn is_answered<T>(result: Result<T, Error>) -> bool {
    match result {
        Ok(_) => true,
        Err(error) => error.code().is_some(),
    }
}

/// Text that is close to something: separators, escapes, controls, long runs, other scripts.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a-z.:/?#@%\\[\\]\\\\ 0-9-]{0,60}",
        "(https?|com\\.example):/{0,3}[a-z0-9.@:\\[\\]%-]{0,20}(/[^\\p{Cc}]{0,9})?",
        "[A-Za-z0-9_-]{0,44}(\\.[A-Za-z0-9_-]{0,44}){0,5}",
        "\\PC{200,400}",
    ]
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(|number| json!(number)),
        any::<f64>().prop_map(|number| json!(number)),
        text().prop_map(Value::String),
    ];
    leaf.prop_recursive(2, 8, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::btree_map("[a-z]{1,9}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn a_scope_is_a_set_of_its_tokens_or_refused(text in text()) {
        if let Ok(scopes) = ScopeSet::parse(&text) {
            prop_assert_eq!(&ScopeSet::parse(&scopes.to_string()).unwrap(), &scopes);
            for token in text.split(' ').filter(|token| !token.is_empty()) {
                prop_assert!(scopes.contains(token));
            }
        }
    }

    #[test]
    fn a_refresh_token_is_three_parts_of_their_lengths(text in text()) {
        if let Some(parts) = Parts::parse(&Secret::new(text.as_str())) {
            let secret = parts.secret.expose();
            let joined = format!("{}.{}.{secret}", parts.grant, parts.family.expose());
            prop_assert_eq!(joined, text);
        }
    }

    #[test]
    fn what_may_be_registered_matches_itself_and_leads_where_it_says(
        uri in text(), other in text(),
    ) {
        let _ = redirect_uri::destination(&uri);
        let _ = redirect_uri::difference(std::slice::from_ref(&uri), &other);
        if redirect_uri::check_registration(&uri).is_ok() {
            prop_assert!(redirect_uri::matches(&uri, &uri));
            prop_assert!(!uri.contains(['\\', '#']) && !uri.chars().any(char::is_control));
            // Whatever is appended is another address.
            for more in [".evil.example", "@evil.example", "/..", "?x=1"] {
                let longer = [uri.as_str(), more].concat();
                prop_assert!(!redirect_uri::matches(&uri, &longer), "{}", longer);
            }
        }
    }

    #[test]
    fn any_metadata_is_read_or_refused_and_then_judged(
        members in prop::collection::btree_map(
            prop::sample::select(vec![
                "client_name", "client_uri", "redirect_uris", "post_logout_redirect_uris",
                "grant_types", "application_type", "token_endpoint_auth_method", "scope",
                "id_token_signed_response_alg", "default_max_age", "require_pkce", "first_party",
                "default_resource", "resources", "access_token_lifetime",
            ]),
            json_value(),
            0..5,
        ),
    ) {
        let members: Map<String, Value> =
            members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        if let Ok(metadata) = serde_json::from_value::<ClientMetadata>(Value::Object(members)) {
            let problems = metadata.problems();
            prop_assert!(problems.iter().all(|problem| !problem.is_empty()));
            let written = serde_json::to_value(&metadata).unwrap();
            prop_assert_eq!(serde_json::from_value::<ClientMetadata>(written).unwrap(), metadata);
        }
    }

    #[test]
    fn names_keys_and_hashes_are_read_or_refused(text in text()) {
        if let Ok(algorithm) = text.parse::<Algorithm>() {
            prop_assert_eq!(algorithm.to_string(), text.as_str());
        }
        let _ = MasterKey::parse(&Secret::new(text.as_str())).is_ok();
        let normal = user::normalize_login(&text);
        prop_assert_eq!(&user::normalize_login(&normal), &normal);
        let _ = user::check_login(&normal);
        prop_assert!(!password::verify(&Secret::new("x"), &text));
        let _ = password::check_policy(&Secret::new(text.as_str()));
    }
}

#[test]
fn no_text_makes_an_endpoint_fail() {
    let world = World::new();
    populate(&world);
    let good = tokens(&world, "openid offline_access");
    let provider = &world.provider;
    let app = basic("app");
    let mut runner = TestRunner::new(Config { cases: 192, ..Config::default() });
    let length = 0..good.access_token.len();
    let outcome = runner.run(&(text(), text(), length), |(one, other, length)| {
        let secret = Secret::new(one.as_str());
        let code = TokenRequest::AuthorizationCode {
            code: Secret::new(one.as_str()),
            redirect_uri: Some(other.clone()),
            code_verifier: Some(Secret::new(other.as_str())),
            resources: vec![other.clone()],
        };
        let narrowed = TokenRequest::RefreshToken {
            refresh_token: Secret::new(good.refresh_token.as_deref().unwrap_or_default()),
            scope: Some(one.clone()),
            resources: vec![other.clone()],
        };
        let own = TokenRequest::ClientCredentials {
            scope: Some(one.clone()),
            resources: vec![other.clone()],
        };
        for request in [&code, &narrowed, &own, &refresh(&one)] {
            prop_assert!(is_answered(token::exchange(provider, &app, request)));
            prop_assert!(is_answered(token::exchange(provider, &public(&other), request)));
        }
        let stranger =
            Presented { basic: Some((other.clone(), Secret::new(one.as_str()))), ..public(&one) };
        prop_assert!(is_answered(introspect(provider, &stranger, &secret)));
        let mut broken = good.access_token.clone();
        broken.truncate(length);
        for token in [one.as_str(), &format!("{broken}{other}"), &format!("{one}{broken}")] {
            let token = Secret::new(token);
            prop_assert!(is_answered(introspect(provider, &app, &token)));
            prop_assert!(is_answered(revoke(provider, &app, &token)));
            prop_assert!(is_answered(userinfo(provider, &token)));
        }
        for name in ["scope", "prompt", "max_age", "resource", "claims", "redirect_uri", "nonce"] {
            let asked = request("app", &[(name, &one), ("id_token_hint", &other)]);
            prop_assert!(is_answered(authorize::begin(provider, &asked, &browser())), "{}", name);
        }
        let leaving = [("id_token_hint".to_owned(), one.clone()), ("state".to_owned(), other)];
        prop_assert!(is_answered(logout::begin(provider, &leaving, &browser())));
        Ok(())
    });
    outcome.unwrap();
}
