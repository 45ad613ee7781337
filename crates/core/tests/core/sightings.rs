//! What introspection, userinfo and revocation let whom see.

use keywright_core::client::authenticate::Presented;
use keywright_core::client::metadata::ClientMetadata;
use keywright_core::error::ErrorCode;
use keywright_core::id::ClientId;
use keywright_core::introspect::introspect;
use keywright_core::revoke::revoke;
use keywright_core::secret::Secret;
use keywright_core::store::{AuditFilter, StoreExt as _};
use keywright_core::time::Seconds;
use keywright_core::token;
use keywright_core::userinfo::userinfo;
use keywright_testkit::World;
use serde_json::json;

use crate::journey::{basic, is_active, populate, public, refresh, refused, tokens};

fn api(world: &World) {
    world.add_client(
        "notes-api",
        ClientMetadata { grant_types: vec![], ..ClientMetadata::default() },
    );
    world.add_client(
        "stranger",
        ClientMetadata { grant_types: vec![], ..ClientMetadata::default() },
    );
    world.add_resource("notes", |r| r.servers = vec![ClientId::new("notes-api")]);
}

#[test]
fn a_resource_server_sees_access_tokens_for_itself_and_nothing_else() {
    World::each(|world| {
        populate(&world);
        api(&world);
        let see = |who: &str, token: &str| {
            introspect(&world.provider, &basic(who), &Secret::new(token)).unwrap()
        };
        let inactive = json!({"active": false});
        let notes = tokens(&world, "openid notes:read");
        let seen = see("notes-api", &notes.access_token);
        assert_eq!((&seen["active"], &seen["username"]), (&json!(true), &json!("alice")));
        assert_eq!(seen["token_type"], "Bearer");
        assert_eq!(json!(see("stranger", &notes.access_token)), inactive);
        assert_eq!(json!(see("notes-api", notes.refresh_token.as_deref().unwrap())), inactive);
        assert_eq!(see("app", notes.refresh_token.as_deref().unwrap())["active"], true);
        let other = tokens(&world, "openid profile");
        assert_eq!(json!(see("notes-api", &other.access_token)), inactive);
        for junk in ["", "x", "a.b.c", "é", &notes.access_token[..notes.access_token.len() - 4]] {
            assert_eq!(json!(see("app", junk)), inactive, "{junk}");
        }
    });
}

#[test]
fn introspection_needs_a_client_that_authenticates() {
    World::each(|world| {
        populate(&world);
        let ask = |who: Presented| introspect(&world.provider, &who, &Secret::new("x"));
        assert_eq!(refused(ask(public("tool"))), ErrorCode::InvalidClient);
        assert_eq!(refused(ask(public("app"))), ErrorCode::InvalidClient);
        assert_eq!(refused(ask(public("nobody"))), ErrorCode::InvalidClient);
    });
}

#[test]
fn userinfo_releases_what_the_scopes_allow() {
    World::each(|world| {
        populate(&world);
        let answer = tokens(&world, "openid email address phone groups");
        let claims = userinfo(&world.provider, &Secret::new(answer.access_token)).unwrap();
        let expected = json!({
            "sub": "sub-alice",
            "email": "alice@example.org",
            "email_verified": true,
            "address": {"locality": "Springfield"},
            "phone_number": "+1 555 0100",
            "groups": ["staff", "ops"],
        });
        assert_eq!(json!(claims), expected);
    });
}

#[test]
fn userinfo_refuses_what_is_no_live_token_for_it() {
    World::each(|world| {
        populate(&world);
        world.add_resource("notes", |r| r.userinfo_audience = false);
        let ask = |token: &str| userinfo(&world.provider, &Secret::new(token));
        let elsewhere = tokens(&world, "openid notes:read");
        assert_eq!(refused(ask(&elsewhere.access_token)), ErrorCode::InvalidToken);
        let without = tokens(&world, "profile");
        assert_eq!(refused(ask(&without.access_token)), ErrorCode::InsufficientScope);
        let good = tokens(&world, "openid");
        assert_eq!(refused(ask(good.id_token.as_deref().unwrap())), ErrorCode::InvalidToken);
        assert!(ask(&good.access_token).is_ok());
        world.clock.advance(Seconds(300));
        assert_eq!(refused(ask(&good.access_token)), ErrorCode::InvalidToken);
        for junk in ["", ".", "..", "a.b.c", "\u{0}"] {
            assert_eq!(refused(ask(junk)), ErrorCode::InvalidToken, "{junk}");
        }
    });
}

#[test]
fn revoking_a_refresh_token_ends_the_grant_and_an_access_token_only_itself() {
    World::each(|world| {
        populate(&world);
        let tell =
            |who: &str, token: &str| revoke(&world.provider, &basic(who), &Secret::new(token));
        let one = tokens(&world, "openid offline_access");
        let token = one.refresh_token.as_deref().unwrap();
        tell("app", &one.access_token).unwrap();
        assert!(!is_active(&world, &one.access_token));
        let two = token::exchange(&world.provider, &basic("app"), &refresh(token)).unwrap();
        assert!(is_active(&world, &two.access_token));
        tell("app", token).unwrap();
        assert!(!is_active(&world, &two.access_token));
        let next = two.refresh_token.as_deref().unwrap();
        let after = token::exchange(&world.provider, &basic("app"), &refresh(next));
        assert_eq!(refused(after), ErrorCode::InvalidGrant);
        for junk in ["", "x", "a.b.c"] {
            tell("app", junk).unwrap();
        }
    });
}

#[test]
fn whose_token_and_grant_were_revoked_is_in_the_audit_log() {
    World::each(|world| {
        populate(&world);
        let answer = tokens(&world, "openid offline_access");
        let refresh_token = answer.refresh_token.unwrap();
        for token in [&answer.access_token, &refresh_token] {
            revoke(&world.provider, &basic("app"), &Secret::new(token.as_str())).unwrap();
        }
        let known = world.provider.store.read(|tx| {
            let alice = tx.find_user_by_login("alice")?.unwrap().id;
            Ok((alice, tx.audit_events(&AuditFilter::default(), 10)?))
        });
        let (alice, events) = known.unwrap();
        for kind in ["token.revoked", "grant.revoked"] {
            let event = events.iter().find(|event| event.kind == kind).unwrap();
            assert_eq!(event.user_id.as_ref(), Some(&alice), "{kind}");
            assert_eq!(event.client_id, Some(ClientId::new("app")), "{kind}");
            assert!(event.grant_id.is_some(), "{kind}");
        }
    });
}

#[test]
fn a_token_that_is_revoked_again_or_has_expired_leaves_no_further_trace() {
    World::each(|world| {
        populate(&world);
        let one = tokens(&world, "openid").access_token;
        let other = tokens(&world, "openid").access_token;
        let before = world.scratch.contents();
        let tell = |token: &str| revoke(&world.provider, &basic("app"), &Secret::new(token));
        tell(&one).unwrap();
        let after = world.scratch.contents();
        assert_ne!(after["audit_events"], before["audit_events"]);
        tell(&one).unwrap();
        world.clock.advance(Seconds::hours(2));
        tell(&other).unwrap();
        assert_eq!(world.scratch.contents(), after);
    });
}

#[test]
fn a_client_cannot_revoke_the_tokens_of_another() {
    World::each(|world| {
        populate(&world);
        world.add_client("other", World::web_client());
        let answer = tokens(&world, "openid offline_access");
        for token in [&answer.access_token, answer.refresh_token.as_ref().unwrap()] {
            let refusal = revoke(&world.provider, &basic("other"), &Secret::new(token.as_str()));
            assert_eq!(refused(refusal), ErrorCode::UnauthorizedClient);
        }
        assert!(is_active(&world, &answer.access_token));
    });
}
