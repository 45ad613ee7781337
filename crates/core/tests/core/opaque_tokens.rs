//! Opaque access tokens: a reference to the claims that a JWT would carry, and gone with
//! everything that it hangs on.

use std::fmt::Write as _;

use keywright_core::client::metadata::ClientMetadata;
use keywright_core::error::ErrorCode;
use keywright_core::id::ClientId;
use keywright_core::introspect::introspect;
use keywright_core::mint::opaque;
use keywright_core::resource::TokenFormat;
use keywright_core::revoke::revoke;
use keywright_core::secret::Secret;
use keywright_core::session::{Browser, logout};
use keywright_core::store::{AccessTokenRow, StoreExt as _};
use keywright_core::sweep;
use keywright_core::time::Seconds;
use keywright_core::token::{self, TokenRequest, TokenResponse};
use keywright_core::userinfo::userinfo;
use keywright_testkit::World;
use serde_json::{Map, Value, json};

use crate::journey::{
    authorize, basic, browser, is_active, parameter, populate, redemption, refresh, refused,
    request, tokens,
};

/// `notes` has opaque tokens, `mail` JWTs; the client `api` may introspect both.
fn world_of(world: &World) {
    populate(world);
    let api = ClientMetadata { grant_types: vec![], ..ClientMetadata::default() };
    world.add_client("api", api);
    for (name, format) in [("notes", TokenFormat::Opaque), ("mail", TokenFormat::Jwt)] {
        world.add_resource(name, |resource| {
            resource.format = format;
            resource.servers = vec![ClientId::new("api")];
        });
    }
}

fn see(world: &World, who: &str, token: &str) -> Map<String, Value> {
    introspect(&world.provider, &basic(who), &Secret::new(token)).unwrap()
}

#[test]
fn an_opaque_token_is_introspected_as_a_jwt_is() {
    World::each(|world| {
        world_of(&world);
        let opaque = tokens(&world, "openid email notes:read").access_token;
        let jwt = tokens(&world, "openid email mail:read").access_token;
        assert_eq!((opaque.len(), opaque.contains('.'), jwt.contains('.')), (43, false, true));
        let (opaque_seen, jwt_seen) = (see(&world, "api", &opaque), see(&world, "api", &jwt));
        let names = |seen: &Map<String, Value>| seen.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&opaque_seen), names(&jwt_seen));
        for same in ["active", "iss", "sub", "client_id", "exp", "iat", "username", "token_type"] {
            assert_eq!(opaque_seen[same], jwt_seen[same], "{same}");
        }
        assert_eq!(opaque_seen["scope"], "openid email notes:read");
        assert_eq!(opaque_seen["aud"], json!(["https://notes.example", "http://127.0.0.1:8080"]));
        assert_eq!(see(&world, "app", &opaque), opaque_seen);
        let stranger = see(&world, "app", "A".repeat(43).as_str());
        assert_eq!(json!(stranger), json!({"active": false}));
    });
}

#[test]
fn userinfo_takes_an_opaque_token_that_names_the_issuer() {
    World::each(|world| {
        world_of(&world);
        world.add_resource("vault", |resource| {
            resource.format = TokenFormat::Opaque;
            resource.userinfo_audience = false;
        });
        let ask = |scope: &str| {
            let token = tokens(&world, scope).access_token;
            userinfo(&world.provider, &Secret::new(token))
        };
        let expected = json!({
            "sub": "sub-alice", "email": "alice@example.org", "email_verified": true,
        });
        assert_eq!(json!(ask("openid email notes:read").unwrap()), expected);
        assert_eq!(refused(ask("openid vault:read")), ErrorCode::InvalidToken);
        assert_eq!(refused(ask("notes:read")), ErrorCode::InsufficientScope);
    });
}

#[test]
fn a_revoked_opaque_token_is_dead_at_once_and_alone() {
    World::each(|world| {
        world_of(&world);
        let first = tokens(&world, "openid offline_access notes:read");
        let again = refresh(first.refresh_token.as_deref().unwrap());
        let second = token::exchange(&world.provider, &basic("app"), &again).unwrap();
        world.add_client("other", World::web_client());
        let token = Secret::new(first.access_token.as_str());
        let foreign = revoke(&world.provider, &basic("other"), &token);
        assert_eq!(refused(foreign), ErrorCode::UnauthorizedClient);
        assert!(is_active(&world, &first.access_token));
        for _ in 0..2 {
            revoke(&world.provider, &basic("app"), &token).unwrap();
        }
        assert!(!is_active(&world, &first.access_token));
        assert_eq!(refused(userinfo(&world.provider, &token)), ErrorCode::InvalidToken);
        assert!(is_active(&world, &second.access_token));
    });
}

/// What a token of alice for `app` hangs on, and how that ends.
type End = (&'static str, fn(&World, &Browser, &TokenResponse));

const ENDS: &[End] = &[
    ("grant", |world, _, tokens| {
        let token = Secret::new(tokens.refresh_token.as_deref().unwrap());
        revoke(&world.provider, &basic("app"), &token).unwrap();
    }),
    ("client", |world, _, _| {
        let disable = world.provider.store.write(|tx| {
            let mut client = tx.find_client(&ClientId::new("app"))?.unwrap();
            client.disabled_at = Some(world.provider.now());
            Ok(tx.update_client(&client)?)
        });
        assert!(disable.unwrap());
        world.provider.poll().unwrap();
    }),
    ("user", |world, _, _| {
        let disable = world.provider.store.write(|tx| {
            let mut user = tx.find_user_by_login("alice")?.unwrap();
            user.disabled_at = Some(world.provider.now());
            Ok(tx.update_user(&user)?)
        });
        assert!(disable.unwrap());
    }),
    ("session", |world, browser, tokens| {
        let hint = ("id_token_hint".to_owned(), tokens.id_token.clone().unwrap());
        logout::begin(&world.provider, &[hint], browser).unwrap();
    }),
    ("time", |world, _, _| world.clock.advance(Seconds(300))),
];

#[test]
fn an_opaque_token_ends_with_its_grant_client_user_session_and_time() {
    for (what, end) in ENDS {
        World::each(|world| {
            world_of(&world);
            let mut browser = browser();
            let asking = request("app", &[("scope", "openid notes:read")]);
            let answer = authorize(&world, &mut browser, &asking);
            let code = redemption(&Secret::new(parameter(&answer, "code").unwrap()));
            let tokens = token::exchange(&world.provider, &basic("app"), &code).unwrap();
            assert!(see(&world, "api", &tokens.access_token)["active"] == true, "{what}");
            end(&world, &browser, &tokens);
            let dead = json!({"active": false});
            assert_eq!(json!(see(&world, "api", &tokens.access_token)), dead, "{what}");
            let asked = userinfo(&world.provider, &Secret::new(tokens.access_token));
            assert_eq!(refused(asked), ErrorCode::InvalidToken, "{what}");
        });
    }
}

#[test]
fn a_code_replay_ends_the_opaque_token_that_the_code_gave() {
    World::each(|world| {
        world_of(&world);
        let code = crate::journey::code(&world, "app", "openid notes:read");
        let redeem = || token::exchange(&world.provider, &basic("app"), &redemption(&code));
        let first = redeem().unwrap();
        assert_eq!(refused(redeem()), ErrorCode::InvalidGrant);
        assert!(see(&world, "api", &first.access_token)["active"] == false);
    });
}

#[test]
fn the_database_never_holds_an_opaque_token_and_forgets_its_row_when_it_is_over() {
    World::each(|world| {
        world_of(&world);
        let robot = ClientMetadata { scope: Some("notes:read".into()), ..World::web_client() };
        world.add_client("robot", robot);
        let of_robot = TokenRequest::ClientCredentials { scope: None, resources: Vec::new() };
        let of_robot = token::exchange(&world.provider, &basic("robot"), &of_robot).unwrap();
        let all = [tokens(&world, "notes:read").access_token, of_robot.access_token];
        let contents = format!("{:?}", world.scratch.contents()).to_lowercase();
        for token in &all {
            assert!(see(&world, "api", token)["active"] == true);
            let hex = token.bytes().fold(String::new(), |mut hex, byte| {
                write!(hex, "{byte:02x}").unwrap();
                hex
            });
            assert!(!contents.contains(&token.to_lowercase()) && !contents.contains(&hex));
            let row = find(&world, token).expect("a row");
            assert!(row.contains("\"jti\""));
        }
        world.clock.advance(Seconds(301));
        sweep::batch(&world.provider, 100).unwrap();
        for token in &all {
            assert!(find(&world, token).is_none());
            assert!(see(&world, "api", token)["active"] == false);
        }
    });
}

#[test]
fn a_token_that_is_made_later_is_found_by_what_sorts_later() {
    World::each(|world| {
        world_of(&world);
        let made = || {
            world.clock.advance(Seconds(1));
            opaque::reference(&Secret::new(tokens(&world, "notes:read").access_token))
        };
        let references = [(); 70].map(|()| made());
        assert!(references.is_sorted());
    });
}

#[test]
fn a_token_that_an_older_version_stored_by_its_hash_is_good_until_it_ends() {
    World::each(|world| {
        world_of(&world);
        let newer = Secret::new(tokens(&world, "openid notes:read").access_token);
        let older = Secret::new("A".repeat(43));
        let copied = world.provider.store.write(|tx| {
            let row = tx.find_access_token(&opaque::reference(&newer))?.unwrap();
            Ok(tx.insert_access_token(&AccessTokenRow { digest: older.digest(), ..row })?)
        });
        copied.unwrap();
        assert!(see(&world, "api", older.expose())["active"] == true);
        world.clock.advance(Seconds(300));
        assert!(see(&world, "api", older.expose())["active"] == false);
    });
}

/// The claims of the row of this token.
fn find(world: &World, token: &str) -> Option<String> {
    let reference = opaque::reference(&Secret::new(token));
    let row = world.provider.store.read(|tx| Ok(tx.find_access_token(&reference)?));
    row.unwrap().map(|row| row.claims)
}
