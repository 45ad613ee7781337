//! Claims about the user where verifiers look for them: flat in access tokens, by resource; in ID
//! tokens, by client.

use keywright_core::client::metadata::ClientMetadata;
use keywright_core::mint::{access_token, id_token};
use keywright_core::resource::{ClaimPreset, Resource};
use keywright_core::store::StoreExt as _;
use keywright_core::token::{self, TokenRequest};
use keywright_testkit::World;
use serde_json::{Value, json};

use crate::journey::{basic, claims, populate, tokens, tokens_of};

fn carrying(names: &[&str]) -> impl FnOnce(&mut Resource) {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    |resource| resource.access_token_claims = names
}

#[test]
fn an_access_token_carries_the_claims_that_its_resource_names() {
    World::each(|world| {
        populate(&world);
        let named =
            ["groups", "preferred_username", "email", "department", "roles", "nickname", "sub"];
        world.add_resource("notes", carrying(&named));
        let told = claims(&world, &tokens(&world, "notes:read").access_token, access_token::TYP);
        assert_eq!(told["groups"], json!(["staff", "ops"]));
        assert_eq!(
            (&told["preferred_username"], &told["email"]),
            (&json!("alice"), &json!("alice@example.org"))
        );
        assert_eq!(told["sub"], "sub-alice");
        for absent in ["department", "roles", "nickname", "name"] {
            assert!(!told.contains_key(absent), "{absent}");
        }
        let changed = world.provider.store.write(|tx| {
            let mut alice = tx.find_user_by_login("alice")?.unwrap();
            alice.groups.clear();
            alice.roles = vec!["admin".into()];
            for (name, value) in
                [("department", json!("optics")), ("roles", json!(["editor"])), ("sub", json!("x"))]
            {
                alice.claims.insert(name.into(), value);
            }
            Ok(tx.update_user(&alice)?)
        });
        assert!(changed.unwrap());
        let told = claims(&world, &tokens(&world, "notes:read").access_token, access_token::TYP);
        assert_eq!(told["groups"], json!([]));
        assert_eq!((&told["department"], &told["roles"]), (&json!("optics"), &json!(["editor"])));
        assert_eq!(told["sub"], "sub-alice");
    });
}

#[test]
fn a_client_that_acts_for_itself_has_no_claims_about_a_user() {
    let world = World::new();
    world.add_resource("notes", |resource| {
        carrying(&["groups", "email"])(resource);
        resource.claim_preset = ClaimPreset::Simplejwt;
    });
    let robot = ClientMetadata { scope: Some("notes:read".into()), ..World::web_client() };
    world.add_client("robot", robot);
    let wanted =
        TokenRequest::ClientCredentials { scope: Some("notes:read".into()), resources: vec![] };
    let token = token::exchange(&world.provider, &basic("robot"), &wanted).unwrap().access_token;
    let told = claims(&world, &token, access_token::TYP);
    assert!(!told.contains_key("groups") && !told.contains_key("email"));
    assert_eq!((&told["token_type"], &told["user_id"]), (&json!("access"), &json!("robot")));
}

#[test]
fn an_id_token_carries_what_the_scopes_release_or_less_if_its_client_says_so() {
    World::each(|world| {
        populate(&world);
        let lean = |names: &[&str]| ClientMetadata {
            id_token_claims: Some(names.iter().map(|name| (*name).to_owned()).collect()),
            ..World::web_client()
        };
        world.add_client("dashboard", lean(&["groups", "email", "phone_number"]));
        world.add_client("lean", lean(&[]));
        let told = |client: &str| {
            let tokens = tokens_of(&world, client, &[("scope", "openid email groups profile")]);
            let mut told = claims(&world, &tokens.id_token.unwrap(), id_token::TYP);
            let ours = ["groups", "email", "email_verified", "name", "phone_number"];
            told.retain(|name, _| ours.contains(&name.as_str()));
            Value::Object(told)
        };
        let all = json!({
            "groups": ["staff", "ops"],
            "email": "alice@example.org",
            "email_verified": true,
            "name": "alice Example",
        });
        assert_eq!(told("app"), all);
        let some = json!({"groups": ["staff", "ops"], "email": "alice@example.org"});
        assert_eq!(told("dashboard"), some);
        assert_eq!(told("lean"), json!({}));
    });
}

#[test]
fn a_client_cannot_name_what_the_protocol_says() {
    let bad = ClientMetadata {
        id_token_claims: Some(vec!["sub".into()]),
        default_acr_values: vec!["a b".into()],
        ..World::web_client()
    };
    let problems = bad.problems().join("; ");
    assert!(problems.contains("id_token_claims: ") && problems.contains("default_acr_values: "));
}
