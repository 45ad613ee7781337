//! The forms of `/token`, `/introspect` and `/revoke`, from their bytes to an answer: as they are,
//! and with the credentials of `app` in the header.

#![no_main]

use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use keywright_core::client::authenticate::Presented;
use keywright_core::introspect::introspect;
use keywright_core::keys::sign::Compact;
use keywright_core::revoke::revoke;
use keywright_core::scope::ScopeSet;
use keywright_core::secret::Secret;
use keywright_core::token::{self, TokenRequest, TokenResponse};
use keywright_fuzz::home::CALLBACK;
use keywright_fuzz::refusal::answered;
use keywright_fuzz::stage::{GRANTED, Stage, stage};
use keywright_testkit::world::{CLIENT_SECRET, VERIFIER};
use libfuzzer_sys::fuzz_target;

#[path = "../../../crates/http/src/extract/authorization.rs"]
mod authorization;
#[path = "../../../crates/http/src/extract/client.rs"]
mod client;
#[path = "../../../crates/http/src/extract/parameters.rs"]
#[allow(dead_code, reason = "the endpoints look at more of a form")]
mod parameters;
#[path = "../../../crates/http/src/extract/token_request.rs"]
mod token_request;

/// `app:` and its secret.
const BASIC: &str = "Basic YXBwOmEtY2xpZW50LXNlY3JldC1vZi1hdC1sZWFzdC0zMi1jaGFyYWN0ZXJz";

fuzz_target!(|form: &[u8]| {
    let stage = stage();
    let Ok(pairs) = answered(parameters::decode(&stage.expand(form))) else { return };
    let mut with_header = HeaderMap::new();
    with_header.insert(AUTHORIZATION, HeaderValue::from_static(BASIC));
    for headers in [HeaderMap::new(), with_header] {
        let Ok(mut form) = answered(parameters::Parameters::once(pairs.clone())) else { return };
        let Ok(presented) = answered(client::presented(&headers, &mut form)) else { continue };
        if let Some(token) = form.peek("token") {
            look_at(stage, &presented, &Secret::new(token));
        }
        let Ok(request) = answered(token_request::parse(form)) else { continue };
        if let Ok(tokens) = answered(token::exchange(&stage.provider, &presented, &request)) {
            check(stage, &presented, &request, &tokens);
        }
    }
});

/// The client, if what it presents proves that it is one.
fn proven(presented: &Presented) -> Option<&str> {
    let (id, secret) = match (&presented.basic, &presented.client_id, &presented.client_secret) {
        (Some((id, secret)), _, None) | (None, Some(id), Some(secret)) => (id, secret),
        (None, Some(id), None) if id == "tool" => return Some(id),
        _ => return None,
    };
    (secret.expose() == CLIENT_SECRET).then_some(id)
}

fn look_at(stage: &Stage, presented: &Presented, token: &Secret) {
    if let Ok(answer) = answered(introspect(&stage.provider, presented, token)) {
        let client = proven(presented).expect("introspection is for clients");
        if answer["active"] == true {
            assert!(matches!(client, "app" | "old"), "{client} sees {answer:?}");
            assert!(stage.handed_out().any(|known| known == token.expose()), "{answer:?}");
        } else {
            assert_eq!(answer.len(), 1, "{answer:?}");
        }
    }
    if answered(revoke(&stage.provider, presented, token)).is_ok() {
        let client = proven(presented).expect("revocation is for clients");
        // An ID token is nothing that is revoked (RFC 7009 section 2.2).
        let of_app = stage.tokens.iter().any(|tokens| {
            let refresh = tokens.refresh_token.as_deref();
            token.expose() == tokens.access_token || refresh == Some(token.expose())
        });
        assert!(client == "app" || !of_app, "{client} revokes a token of app");
    }
}

fn check(stage: &Stage, presented: &Presented, request: &TokenRequest, tokens: &TokenResponse) {
    let client = proven(presented).expect("tokens are for clients");
    match request {
        TokenRequest::AuthorizationCode { code, redirect_uri, code_verifier, .. } => {
            assert_eq!(client, "app");
            assert_eq!(code.expose(), stage.code);
            assert_eq!(redirect_uri.as_deref(), Some(CALLBACK));
            assert_eq!(code_verifier.as_ref().map(Secret::expose), Some(VERIFIER));
        }
        TokenRequest::RefreshToken { refresh_token, scope, .. } => {
            assert_eq!(client, "app");
            let shown = Some(refresh_token.expose());
            let grants = stage.tokens.iter().zip(GRANTED);
            let mut grants = grants.filter(|(tokens, _)| tokens.refresh_token.as_deref() == shown);
            let granted = scopes(grants.next().expect("a refresh token of ours").1);
            let wanted = scope.as_deref().map_or_else(|| granted.clone(), scopes);
            let got = scopes(&tokens.scope);
            assert!(got.is_subset(&granted) && got.is_subset(&wanted), "{got} of {granted}");
        }
        TokenRequest::ClientCredentials { .. } => {
            assert_ne!(client, "tool");
            assert!(tokens.refresh_token.is_none() && tokens.id_token.is_none());
        }
    }
    if tokens.access_token.contains('.') {
        let compact = Compact::parse(&tokens.access_token).expect("a JWT");
        assert!(compact.is_typ("at+jwt") && compact.kid().is_some());
    }
}

fn scopes(text: &str) -> ScopeSet {
    ScopeSet::parse(text).expect("a scope that was accepted")
}
