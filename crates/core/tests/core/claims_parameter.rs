//! The `claims` request parameter (OIDC Core section 5.5), from the request to the release.

use keywright_core::authorize::{self, Step};
use keywright_core::client::metadata::ClientMetadata;
use keywright_core::mint::id_token;
use keywright_core::secret::Secret;
use keywright_core::store::StoreExt as _;
use keywright_core::token;
use keywright_core::userinfo::userinfo;
use keywright_testkit::World;
use serde_json::{Map, Value, json};

use crate::journey::{
    authorize, basic, browser, claims, log_in, parameter, populate, refresh, request, tokens_of,
};

const ASKED: &str = r#"{
    "userinfo": {"email": {"essential": true}, "nickname": null, "department": null},
    "id_token": {"name": null, "email_verified": null, "sub": null}
}"#;

fn at_userinfo(world: &World, token: &str) -> Value {
    json!(userinfo(&world.provider, &Secret::new(token)).unwrap())
}

/// Of an ID token the claims about the user.
fn in_id_token(world: &World, token: Option<String>) -> Map<String, Value> {
    let mut all = claims(world, &token.expect("an ID token"), id_token::TYP);
    let ours = ["name", "email", "email_verified", "nickname", "given_name", "groups"];
    all.retain(|name, _| ours.contains(&name.as_str()));
    all
}

#[test]
fn what_is_asked_for_one_by_one_is_released_where_it_was_asked_for() {
    World::each(|world| {
        populate(&world);
        let first = tokens_of(&world, "app", &[("scope", "openid"), ("claims", ASKED)]);
        let expected = json!({"sub": "sub-alice", "email": "alice@example.org"});
        assert_eq!(at_userinfo(&world, &first.access_token), expected);
        let expected = json!({"name": "alice Example", "email_verified": true});
        assert_eq!(json!(in_id_token(&world, first.id_token)), expected);
        let again = refresh(&first.refresh_token.unwrap());
        let again = token::exchange(&world.provider, &basic("app"), &again).unwrap();
        assert_eq!(json!(in_id_token(&world, again.id_token)), expected);
        assert_eq!(at_userinfo(&world, &again.access_token)["email"], "alice@example.org");
        let without = tokens_of(&world, "app", &[("scope", "profile"), ("claims", ASKED)]);
        assert!(without.id_token.is_none());
    });
}

#[test]
fn a_claim_with_another_value_than_the_wished_one_is_left_out() {
    let world = World::new();
    populate(&world);
    let asked = json!({"userinfo": {
        "email": {"value": "bob@example.org"},
        "given_name": {"values": ["ada", "alice"]},
        "address": {"value": {"locality": "Springfield"}},
    }});
    let asked = asked.to_string();
    let tokens = tokens_of(&world, "app", &[("scope", "openid"), ("claims", &asked)]);
    let expected = json!({
        "sub": "sub-alice",
        "given_name": "alice",
        "address": {"locality": "Springfield"},
    });
    assert_eq!(at_userinfo(&world, &tokens.access_token), expected);
}

#[test]
fn each_claim_is_agreed_to_in_words_and_the_consent_is_remembered() {
    World::each(|world| {
        populate(&world);
        let mut browser = browser();
        log_in(&world.provider, &mut browser, "alice");
        let asking = [("scope", "openid"), ("claims", ASKED)];
        let silent = [asking[0], asking[1], ("prompt", "none")];
        authorize(&world, &mut browser, &request("app", &asking[..1]));
        let answer = authorize(&world, &mut browser, &request("app", &silent));
        assert_eq!(parameter(&answer, "error"), Some("consent_required"));
        let asked = request("app", &asking);
        let step = authorize::begin(&world.provider, &asked, &browser).unwrap();
        let Step::Consent { scopes, .. } = &step else { panic!("not asked") };
        let told: Vec<_> =
            scopes.iter().map(|s| (s.name.as_str(), s.description.as_str())).collect();
        let expected = [
            ("openid", "Know who you are in this service"),
            ("email", "See your e-mail address"),
            ("email_verified", "See whether your e-mail address is verified"),
            ("name", "See your full name"),
            ("nickname", "See your nickname"),
        ];
        assert_eq!(told, expected);
        crate::journey::finish(&world.provider, &mut browser, step);
        let answer = authorize(&world, &mut browser, &request("app", &silent));
        assert!(parameter(&answer, "code").is_some());
    });
}

#[test]
fn who_agreed_to_a_scope_agreed_to_its_claims_and_not_the_other_way_round() {
    let world = World::new();
    populate(&world);
    let mut alice = browser();
    log_in(&world.provider, &mut alice, "alice");
    let email = ("claims", r#"{"id_token": {"email": null}}"#);
    let silent = |scope| request("app", &[("scope", scope), email, ("prompt", "none")]);
    authorize(&world, &mut alice, &request("app", &[("scope", "openid email")]));
    let answer = authorize(&world, &mut alice, &silent("openid"));
    assert!(parameter(&answer, "code").is_some());
    let mut bob = browser();
    log_in(&world.provider, &mut bob, "bob");
    authorize(&world, &mut bob, &request("app", &[("scope", "openid"), email]));
    let answer = authorize(&world, &mut bob, &silent("openid email"));
    assert_eq!(parameter(&answer, "error"), Some("consent_required"));
}

#[test]
fn a_claim_whose_scope_the_client_may_not_ask_for_is_never_released() {
    World::each(|world| {
        populate(&world);
        let scope = |scope: &str| ClientMetadata {
            scope: Some(scope.to_owned()),
            first_party: true,
            ..World::web_client()
        };
        let mut client = world.add_client("narrow", scope("openid email"));
        let asked = json!({
            "userinfo": {"email": null, "name": null},
            "id_token": {"email": null, "groups": null},
        });
        let asked = asked.to_string();
        let more = [("scope", "openid"), ("claims", asked.as_str())];
        let tokens = tokens_of(&world, "narrow", &more);
        let expected = json!({"sub": "sub-alice", "email": "alice@example.org"});
        assert_eq!(at_userinfo(&world, &tokens.access_token), expected);
        let expected = json!({"email": "alice@example.org"});
        assert_eq!(json!(in_id_token(&world, tokens.id_token)), expected);
        client.metadata = scope("openid profile");
        world.provider.store.write(|tx| Ok(tx.update_client(&client)?)).unwrap();
        // The name was not agreed to, so that a wider registration does not release it either.
        assert_eq!(at_userinfo(&world, &tokens.access_token), json!({"sub": "sub-alice"}));
        let again = refresh(&tokens.refresh_token.unwrap());
        let again = token::exchange(&world.provider, &basic("narrow"), &again).unwrap();
        assert_eq!(json!(in_id_token(&world, again.id_token)), json!({}));
    });
}

#[test]
fn a_request_for_a_certain_user_is_never_answered_for_another() {
    World::each(|world| {
        populate(&world);
        for member in ["id_token", "userinfo"] {
            let asked = json!({member: {"sub": {"value": "sub-bob"}}}).to_string();
            let asking = [("scope", "openid"), ("claims", asked.as_str())];
            let silent = [asking[0], asking[1], ("prompt", "none")];
            let mut alice = browser();
            log_in(&world.provider, &mut alice, "alice");
            let answer = authorize(&world, &mut alice, &request("app", &silent));
            assert_eq!(parameter(&answer, "error"), Some("login_required"));
            let step = authorize::begin(&world.provider, &request("app", &asking), &alice).unwrap();
            assert!(matches!(step, Step::Login { .. }));
            // Alice logs in once more, where bob should.
            let answer = crate::journey::finish(&world.provider, &mut alice, step);
            assert_eq!(parameter(&answer, "error"), Some("login_required"));
            let mut bob = browser();
            log_in(&world.provider, &mut bob, "bob");
            let answer = authorize(&world, &mut bob, &request("app", &asking));
            assert!(parameter(&answer, "code").is_some());
        }
    });
}
