//! Rotation, lost answers, reuse.

use keywright_core::error::{Error, ErrorCode};
use keywright_core::mint::id_token;
use keywright_core::session::logout;
use keywright_core::store::{AuditFilter, StoreExt as _};
use keywright_core::time::Seconds;
use keywright_core::token::{self, TokenRequest, TokenResponse};
use keywright_testkit::World;

use crate::journey::{
    authorize, basic, browser, claims, interaction, is_active, log_in, parameter, populate,
    redemption, refresh, refused, request, tokens,
};

fn rotate(world: &World, token: &str) -> Result<TokenResponse, Error> {
    token::exchange(&world.provider, &basic("app"), &refresh(token))
}

fn successor(world: &World, token: &str) -> String {
    rotate(world, token).unwrap().refresh_token.unwrap()
}

fn first(world: &World, scope: &str) -> String {
    tokens(world, scope).refresh_token.unwrap()
}

#[test]
fn each_use_yields_a_successor_and_an_id_token_for_the_same_login() {
    World::each(|world| {
        populate(&world);
        let before = tokens(&world, "openid offline_access");
        world.clock.advance(Seconds(200));
        let after = rotate(&world, before.refresh_token.as_deref().unwrap()).unwrap();
        assert_ne!(before.refresh_token, after.refresh_token);
        let old = claims(&world, before.id_token.as_deref().unwrap(), id_token::TYP);
        let new = claims(&world, after.id_token.as_deref().unwrap(), id_token::TYP);
        for name in ["sub", "auth_time", "azp", "sid", "aud", "iss"] {
            assert_eq!(old[name], new[name], "{name}");
        }
        assert!(!new.contains_key("nonce"));
        assert_eq!(after.scope, "openid offline_access");
    });
}

#[test]
fn a_rotation_leaves_the_row_of_its_grant_as_long_as_it_was() {
    World::each(|world| {
        populate(&world);
        let token = first(&world, "openid offline_access");
        // PostgreSQL doubles the quotes of a text inside a row.
        let length = || world.scratch.contents()["refresh_tokens"].replace("\"\"", "\"").len();
        let before = length();
        world.clock.advance(Seconds(300));
        let token = successor(&world, &token);
        assert_eq!(length(), before);
        world.clock.advance(Seconds(300));
        successor(&world, &token);
        assert_eq!(length(), before);
    });
}

#[test]
fn a_lost_answer_is_given_again_and_forks_nothing() {
    World::each(|world| {
        populate(&world);
        let start = first(&world, "openid offline_access");
        let second = successor(&world, &start);
        assert_eq!(successor(&world, &start), second);
        let third = successor(&world, &second);
        world.clock.advance(Seconds(59));
        assert_eq!(successor(&world, &start), third);
        assert_eq!(successor(&world, &second), third);
    });
}

#[test]
fn a_client_that_rotates_without_end_is_remembered_to_an_end() {
    World::each(|world| {
        populate(&world);
        let mut chain = vec![first(&world, "offline_access")];
        for generation in 0..260 {
            chain.push(successor(&world, &chain[generation]));
        }
        assert_eq!(&successor(&world, &chain[260 - 256]), chain.last().unwrap());
        let forgotten = rotate(&world, &chain[260 - 257]);
        assert!(matches!(forgotten, Err(Error::RefusedAndRecorded(_))), "{forgotten:?}");
    });
}

#[test]
fn reuse_after_the_window_ends_the_grant_and_is_recorded() {
    World::each(|world| {
        populate(&world);
        let start = first(&world, "openid offline_access");
        let answer = rotate(&world, &start).unwrap();
        world.clock.advance(Seconds(60));
        let reused = rotate(&world, &start);
        assert!(matches!(reused, Err(Error::RefusedAndRecorded(_))));
        assert_eq!(
            refused(rotate(&world, &answer.refresh_token.unwrap())),
            ErrorCode::InvalidGrant
        );
        assert!(!is_active(&world, &answer.access_token));
        let filter = AuditFilter { kind: Some("refresh.reused".into()), ..AuditFilter::default() };
        let events = world.provider.store.read(|tx| Ok(tx.audit_events(&filter, 10)?)).unwrap();
        assert_eq!(events.len(), 1);
    });
}

#[test]
fn an_old_ancestor_is_recognised_by_its_family() {
    World::each(|world| {
        populate(&world);
        let start = first(&world, "openid offline_access");
        let mut current = start.clone();
        for _ in 0..3 {
            world.clock.advance(Seconds(100));
            current = successor(&world, &current);
        }
        assert_eq!(refused(rotate(&world, &start)), ErrorCode::InvalidGrant);
        assert_eq!(refused(rotate(&world, &current)), ErrorCode::InvalidGrant);
    });
}

#[test]
fn a_made_up_token_touches_nothing() {
    World::each(|world| {
        populate(&world);
        let current = first(&world, "openid offline_access");
        let mut parts = current.split('.');
        let (grant, _, secret) = (parts.next().unwrap(), parts.next(), parts.next().unwrap());
        let forged = format!("{grant}.{}.{secret}", "A".repeat(22));
        for bad in [forged.as_str(), "", "x", "a.b.c", &"é".repeat(50)] {
            assert_eq!(refused(rotate(&world, bad)), ErrorCode::InvalidGrant, "{bad}");
        }
        assert!(rotate(&world, &current).is_ok());
    });
}

#[test]
fn another_client_cannot_use_or_end_it() {
    World::each(|world| {
        populate(&world);
        world.add_client("other", World::web_client());
        let current = first(&world, "openid offline_access");
        let stolen = token::exchange(&world.provider, &basic("other"), &refresh(&current));
        assert_eq!(refused(stolen), ErrorCode::InvalidGrant);
        assert!(rotate(&world, &current).is_ok());
    });
}

#[test]
fn it_lapses_when_idle_and_at_the_end_of_the_grant() {
    World::each(|world| {
        populate(&world);
        let online = first(&world, "openid");
        let offline = first(&world, "openid offline_access");
        world.clock.advance(Seconds::days(1));
        assert_eq!(refused(rotate(&world, &online)), ErrorCode::InvalidGrant);
        let mut current = successor(&world, &offline);
        for _ in 0..4 {
            world.clock.advance(Seconds::days(22));
            current = successor(&world, &current);
        }
        world.clock.advance(Seconds::days(2));
        assert_eq!(refused(rotate(&world, &current)), ErrorCode::InvalidGrant);
    });
}

#[test]
fn scope_shapes_only_the_access_token() {
    World::each(|world| {
        populate(&world);
        world.add_resource("notes", |_| ());
        let start = first(&world, "openid notes:read notes:write offline_access");
        let narrow = |token: &str, scope: &str| {
            let request = TokenRequest::RefreshToken {
                refresh_token: keywright_core::secret::Secret::new(token),
                scope: Some(scope.into()),
                resources: Vec::new(),
            };
            token::exchange(&world.provider, &basic("app"), &request)
        };
        assert_eq!(refused(narrow(&start, "notes:read profile")), ErrorCode::InvalidScope);
        let answer = narrow(&start, "notes:read").unwrap();
        assert_eq!(answer.scope, "notes:read");
        let full = rotate(&world, answer.refresh_token.as_deref().unwrap()).unwrap();
        assert_eq!(full.scope, "openid notes:read notes:write offline_access");
    });
}

#[test]
fn logout_ends_what_is_bound_to_the_session_and_spares_offline_access() {
    World::each(|world| {
        populate(&world);
        let mut browser = browser();
        log_in(&world.provider, &mut browser, "alice");
        let mut get = |scope: &str| {
            let answer = authorize(&world, &mut browser, &request("app", &[("scope", scope)]));
            let code = keywright_core::secret::Secret::new(parameter(&answer, "code").unwrap());
            token::exchange(&world.provider, &basic("app"), &redemption(&code)).unwrap()
        };
        let (online, offline) = (get("openid"), get("openid offline_access"));
        let hint = online.id_token.unwrap();
        let parameters = [("id_token_hint".to_owned(), hint)];
        let step = logout::begin(&world.provider, &parameters, &browser).unwrap();
        assert!(matches!(step, logout::LogoutStep::Done { redirect: None }));
        assert_eq!(
            refused(rotate(&world, &online.refresh_token.unwrap())),
            ErrorCode::InvalidGrant
        );
        assert!(!is_active(&world, &online.access_token));
        assert!(rotate(&world, &offline.refresh_token.unwrap()).is_ok());
        let step =
            keywright_core::authorize::begin(&world.provider, &request("app", &[]), &browser);
        interaction(&step.unwrap());
    });
}

#[test]
fn a_disabled_user_or_client_gets_nothing_more() {
    World::each(|world| {
        populate(&world);
        let answer = tokens(&world, "openid offline_access");
        let now = world.provider.now();
        let user = |disabled| {
            world.provider.store.write(|tx| {
                let mut user = tx.find_user_by_login("alice")?.unwrap();
                user.disabled_at = disabled;
                Ok(tx.update_user(&user)?)
            })
        };
        let token = answer.refresh_token.unwrap();
        assert!(user(Some(now)).unwrap());
        assert_eq!(refused(rotate(&world, &token)), ErrorCode::InvalidGrant);
        assert!(!is_active(&world, &answer.access_token));
        assert!(user(None).unwrap());
        assert!(is_active(&world, &answer.access_token));
        let disabled = world.provider.store.write(|tx| {
            let id = keywright_core::id::ClientId::new("app");
            let mut client = tx.find_client(&id)?.unwrap();
            client.disabled_at = Some(now);
            Ok(tx.update_client(&client)?)
        });
        assert!(disabled.unwrap());
        assert_eq!(refused(rotate(&world, &token)), ErrorCode::InvalidClient);
    });
}

#[test]
fn a_scope_that_the_client_lost_is_not_refreshed() {
    World::each(|world| {
        populate(&world);
        let token = first(&world, "openid email offline_access");
        let narrowed = world.provider.store.write(|tx| {
            let id = keywright_core::id::ClientId::new("app");
            let mut client = tx.find_client(&id)?.unwrap();
            client.metadata.scope = Some("openid offline_access".into());
            Ok(tx.update_client(&client)?)
        });
        assert!(narrowed.unwrap());
        let answer = rotate(&world, &token).unwrap();
        assert_eq!(answer.scope, "openid offline_access");
        let told = claims(&world, &answer.id_token.unwrap(), id_token::TYP);
        assert!(!told.contains_key("email"));
    });
}
