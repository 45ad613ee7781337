//! How long things live: of server, resource and client, who decides.

use keywright_core::client::metadata::ClientMetadata;
use keywright_core::error::ErrorCode;
use keywright_core::mint::id_token;
use keywright_core::time::Seconds;
use keywright_core::token::{self, TokenRequest};
use keywright_testkit::World;

use crate::journey::{basic, claims, is_active, populate, refresh, refused, tokens, tokens_of};

#[test]
fn an_access_token_lives_as_its_resource_says_and_no_longer_than_its_client_may() {
    World::each(|world| {
        populate(&world);
        world.add_resource("notes", |r| r.access_token_lifetime = Some(Seconds(900)));
        world.add_resource("vault", |r| r.access_token_lifetime = Some(Seconds(30)));
        world.add_resource("plain", |_| ());
        let hasty =
            ClientMetadata { access_token_lifetime: Some(Seconds(120)), ..World::web_client() };
        world.add_client("hasty", hasty);
        for (client, scope, expected) in [
            ("app", "openid", 300),
            ("app", "plain:read", 300),
            ("app", "notes:read", 900),
            ("app", "vault:read", 30),
            ("hasty", "openid", 120),
            ("hasty", "notes:read", 120),
            ("hasty", "vault:read", 30),
        ] {
            let tokens = tokens_of(&world, client, &[("scope", scope)]);
            assert_eq!(tokens.expires_in, expected, "{client} {scope}");
        }
        let short = tokens(&world, "vault:read").access_token;
        world.clock.advance(Seconds(29));
        assert!(is_active(&world, &short));
        world.clock.advance(Seconds(1));
        assert!(!is_active(&world, &short));
    });
}

#[test]
fn a_client_that_acts_for_itself_is_bound_by_the_same_limits() {
    let world = World::new();
    world.add_resource("notes", |r| r.access_token_lifetime = Some(Seconds(900)));
    let robot = ClientMetadata {
        scope: Some("notes:read".into()),
        access_token_lifetime: Some(Seconds(600)),
        ..World::web_client()
    };
    world.add_client("robot", robot);
    let wanted = TokenRequest::ClientCredentials { scope: None, resources: Vec::new() };
    let answer = token::exchange(&world.provider, &basic("robot"), &wanted).unwrap();
    assert_eq!(answer.expires_in, 600);
}

#[test]
fn an_id_token_lives_as_long_as_the_smaller_of_server_and_client_says() {
    let world = World::new();
    populate(&world);
    for (id, own, expected) in [("short", 60, 60), ("long", 86_400, 300)] {
        let client =
            ClientMetadata { id_token_lifetime: Some(Seconds(own)), ..World::web_client() };
        world.add_client(id, client);
        let tokens = tokens_of(&world, id, &[("scope", "openid")]);
        let told = claims(&world, &tokens.id_token.unwrap(), id_token::TYP);
        let lifetime = told["exp"].as_i64().unwrap() - told["iat"].as_i64().unwrap();
        assert_eq!(lifetime, expected, "{id}");
    }
}

#[test]
fn refresh_tokens_end_idle_or_absolutely_by_the_smaller_limit() {
    World::each(|world| {
        populate(&world);
        let client = ClientMetadata {
            refresh_token_idle_lifetime: Some(Seconds(600)),
            refresh_token_lifetime: Some(Seconds(1500)),
            ..World::web_client()
        };
        world.add_client("hasty", client);
        let greedy = ClientMetadata {
            refresh_token_idle_lifetime: Some(Seconds::days(3650)),
            refresh_token_lifetime: Some(Seconds::days(3650)),
            ..World::web_client()
        };
        world.add_client("greedy", greedy);
        let offline = [("scope", "openid offline_access")];
        let first = |client| tokens_of(&world, client, &offline).refresh_token.unwrap();
        let rotate = |client: &str, token: &str| {
            token::exchange(&world.provider, &basic(client), &refresh(token))
        };
        let (idle, mut used, greedy) = (first("hasty"), first("hasty"), first("greedy"));
        for _ in 0..2 {
            world.clock.advance(Seconds(599));
            used = rotate("hasty", &used).unwrap().refresh_token.unwrap();
        }
        assert_eq!(refused(rotate("hasty", &idle)), ErrorCode::InvalidGrant);
        world.clock.advance(Seconds(302));
        assert_eq!(refused(rotate("hasty", &used)), ErrorCode::InvalidGrant);
        // 1,500 seconds are over; of 30 days, the rest.
        world.clock.advance(Seconds(Seconds::days(30).0 - 1501));
        let greedy = rotate("greedy", &greedy).unwrap().refresh_token.unwrap();
        world.clock.advance(Seconds::days(30));
        assert_eq!(refused(rotate("greedy", &greedy)), ErrorCode::InvalidGrant);
    });
}

#[test]
fn no_access_token_outlives_its_grant() {
    let world = World::new();
    populate(&world);
    let brief =
        ClientMetadata { refresh_token_lifetime: Some(Seconds(100)), ..World::web_client() };
    world.add_client("brief", brief);
    assert_eq!(tokens_of(&world, "brief", &[("scope", "openid")]).expires_in, 100);
}
