//! `acr_values`, an essential `acr`, `max_age` and their registered defaults: what was done to
//! authenticate is told as it is.

use keywright_core::authorize::{self, ACR_SINGLE_FACTOR, Step};
use keywright_core::client::metadata::ClientMetadata;
use keywright_core::discovery;
use keywright_core::mint::id_token;
use keywright_core::time::Seconds;
use keywright_testkit::World;
use serde_json::json;

use crate::journey::{
    authorize, browser, claims, log_in, parameter, populate, refresh, request, tokens_of,
};

fn acr(values: &[&str], essential: bool) -> String {
    json!({"id_token": {"acr": {"essential": essential, "values": values}}}).to_string()
}

#[test]
fn a_voluntary_acr_is_told_as_it_is() {
    World::each(|world| {
        populate(&world);
        let gold = ClientMetadata {
            default_acr_values: vec!["urn:example:gold".into()],
            ..World::web_client()
        };
        world.add_client("gold", gold);
        let voluntary = acr(&["urn:example:gold"], false);
        for (client, more) in [
            ("app", ("acr_values", "urn:example:gold urn:example:silver")),
            ("app", ("claims", voluntary.as_str())),
            ("gold", ("scope", "openid")),
        ] {
            let tokens = tokens_of(&world, client, &[more]);
            let told = claims(&world, &tokens.id_token.unwrap(), id_token::TYP);
            assert_eq!(told["acr"], ACR_SINGLE_FACTOR, "{more:?}");
        }
    });
}

#[test]
fn an_essential_acr_is_what_was_asked_for_or_the_client_is_told() {
    World::each(|world| {
        populate(&world);
        let gold = acr(&["urn:example:gold"], true);
        for prompt in [("prompt", ""), ("prompt", "none"), ("prompt", "login")] {
            let asking = request("app", &[("claims", &gold), prompt]);
            let answer = authorize(&world, &mut browser(), &asking);
            let error = parameter(&answer, "error");
            assert_eq!(error, Some("unmet_authentication_requirements"), "{prompt:?}");
            assert_eq!(parameter(&answer, "state"), Some("af0ifjsldkj"));
        }
        let either = acr(&["urn:example:gold", ACR_SINGLE_FACTOR], true);
        let tokens = tokens_of(&world, "app", &[("claims", &either)]);
        let told = claims(&world, &tokens.id_token.unwrap(), id_token::TYP);
        assert_eq!(told["acr"], ACR_SINGLE_FACTOR);
    });
}

#[test]
fn what_discovery_lists_as_acr_can_be_essential() {
    let world = World::new();
    populate(&world);
    let document = discovery::document(&world.provider.settings, &[]);
    assert_eq!(document["claims_parameter_supported"], true);
    for supported in document["acr_values_supported"].as_array().unwrap() {
        let essential = acr(&[supported.as_str().unwrap()], true);
        let answer = authorize(&world, &mut browser(), &request("app", &[("claims", &essential)]));
        assert!(parameter(&answer, "code").is_some(), "{supported}");
    }
}

#[test]
fn default_max_age_counts_unless_the_request_says_otherwise() {
    World::each(|world| {
        populate(&world);
        let fresh = ClientMetadata { default_max_age: Some(Seconds(60)), ..World::web_client() };
        world.add_client("fresh", fresh);
        let zero = ClientMetadata { default_max_age: Some(Seconds(0)), ..World::web_client() };
        world.add_client("zero", zero);
        let mut browser = browser();
        log_in(&world.provider, &mut browser, "alice");
        let asks_for_login = |client: &str, more: &[(&str, &str)]| {
            let asking = request(client, more);
            let step = authorize::begin(&world.provider, &asking, &browser).unwrap();
            matches!(step, Step::Login { .. })
        };
        assert!(!asks_for_login("fresh", &[]) && asks_for_login("zero", &[]));
        world.clock.advance(Seconds(61));
        assert!(asks_for_login("fresh", &[]) && !asks_for_login("app", &[]));
        assert!(!asks_for_login("fresh", &[("max_age", "3600")]));
        assert!(asks_for_login("app", &[("max_age", "0")]));
    });
}

#[test]
fn every_id_token_says_when_the_user_authenticated() {
    let world = World::new();
    populate(&world);
    for require_auth_time in [false, true] {
        let client = ClientMetadata { require_auth_time, ..World::web_client() };
        world.add_client(&format!("c-{require_auth_time}"), client);
        let logged_in = world.provider.now().0;
        let client = format!("c-{require_auth_time}");
        let tokens = tokens_of(&world, &client, &[("scope", "openid")]);
        world.clock.advance(Seconds(60));
        let again = refresh(&tokens.refresh_token.unwrap());
        let who = crate::journey::basic(&client);
        let again = keywright_core::token::exchange(&world.provider, &who, &again).unwrap();
        for token in [tokens.id_token, again.id_token] {
            let told = claims(&world, &token.unwrap(), id_token::TYP);
            assert_eq!(told["auth_time"], logged_in);
        }
    }
}
