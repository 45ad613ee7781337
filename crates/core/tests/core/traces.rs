//! A refusal rolls back like a failure: the database is what it was, but for the few refusals
//! that must be remembered (ARCHITECTURE, "What must always be true").

use keywright_core::authorize;
use keywright_core::client::authenticate::Presented;
use keywright_core::error::Error;
use keywright_core::introspect::introspect;
use keywright_core::revoke::revoke;
use keywright_core::secret::Secret;
use keywright_core::session::logout;
use keywright_core::time::Seconds;
use keywright_core::token::{self, TokenRequest};
use keywright_core::userinfo::userinfo;
use keywright_testkit::World;
use keywright_testkit::world::VERIFIER;

use crate::journey::{
    basic, browser, code, populate, public, redemption, refresh, refused, request, tokens,
};

/// Runs a refusal and compares every row before and after.
fn leaves_no_trace<T: std::fmt::Debug>(
    world: &World,
    what: &str,
    act: impl FnOnce() -> Result<T, Error>,
) {
    let before = world.scratch.contents();
    refused(act());
    assert!(world.scratch.contents() == before, "{what} left a trace");
}

fn redemption_with(code: &Secret, verifier: Option<&str>, resource: &str) -> TokenRequest {
    TokenRequest::AuthorizationCode {
        code: code.clone(),
        redirect_uri: Some("https://app.example/cb".into()),
        code_verifier: verifier.map(Secret::new),
        resources: vec![resource.to_owned()],
    }
}

#[test]
fn the_token_endpoint_refuses_without_a_trace() {
    World::each(|world| {
        populate(&world);
        world.add_client("other", World::web_client());
        world.add_resource("notes", |_| ());
        let code = code(&world, "app", "openid notes:read");
        let refresh_token = tokens(&world, "openid offline_access").refresh_token.unwrap();
        let refuse = |what: &str, who: &Presented, request: TokenRequest| {
            leaves_no_trace(&world, what, || token::exchange(&world.provider, who, &request));
        };
        let wrong = Presented { client_secret: Some(Secret::new("x")), ..public("app") };
        let (app, other) = (basic("app"), basic("other"));
        let notes = "https://notes.example";
        refuse("a wrong secret", &wrong, redemption(&code));
        refuse("no secret", &public("app"), redemption(&code));
        refuse("another client", &other, redemption(&code));
        refuse("no verifier", &app, redemption_with(&code, None, notes));
        let nowhere = redemption_with(&code, Some(VERIFIER), "https://unknown.example");
        refuse("an unknown resource", &app, nowhere);
        refuse("another client's refresh token", &other, refresh(&refresh_token));
        let wider = TokenRequest::RefreshToken {
            refresh_token: Secret::new(refresh_token.as_str()),
            scope: Some("openid email".into()),
            resources: Vec::new(),
        };
        refuse("a wider scope", &app, wider);
        refuse("a made-up refresh token", &app, refresh("x"));
        world.clock.advance(Seconds::days(100));
        refuse("an expired code", &app, redemption(&code));
        refuse("an expired refresh token", &app, refresh(&refresh_token));
    });
}

#[test]
fn the_other_endpoints_refuse_without_a_trace() {
    World::each(|world| {
        populate(&world);
        world.add_client("other", World::web_client());
        let access = Secret::new(tokens(&world, "openid").access_token);
        let provider = &world.provider;
        leaves_no_trace(&world, "introspection by a public client", || {
            introspect(provider, &public("tool"), &access)
        });
        leaves_no_trace(&world, "a revocation by another client", || {
            revoke(provider, &basic("other"), &access)
        });
        leaves_no_trace(&world, "userinfo", || userinfo(provider, &Secret::new("x")));
        leaves_no_trace(&world, "an untrusted redirect URI", || {
            let bad = request("app", &[("redirect_uri", "https://evil.example/")]);
            authorize::begin(provider, &bad, &browser())
        });
        leaves_no_trace(&world, "a foreign logout hint", || {
            logout::begin(provider, &[("id_token_hint".into(), "x".into())], &browser())
        });
        let before = world.scratch.contents();
        let silent = request("app", &[("prompt", "none")]);
        authorize::begin(provider, &silent, &browser()).unwrap();
        assert!(world.scratch.contents() == before, "prompt=none left a trace");
    });
}
