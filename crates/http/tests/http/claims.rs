//! Claims as a client asks for them and reads them: the `claims` parameter, ID tokens, access
//! tokens.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keywright_core::resource::ClaimPreset;
use keywright_core::time::Seconds;
use reqwest::Method;
use serde_json::{Value, json};

use crate::site::{Browser, Reply, Site, code_form};

/// What a JWT says; whether it is genuine is tested elsewhere.
fn payload(token: &Value) -> Value {
    let middle = token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(middle).unwrap()).unwrap()
}

fn tokens(site: &Site, changes: &[(&str, &str)]) -> Value {
    let answer = Browser::new(site).grant(changes);
    let code = answer.redirect_parameter("code");
    site.post_as_web("/token", &code_form(&code)).json()
}

#[test]
fn claims_that_are_asked_for_one_by_one_are_agreed_to_and_delivered() {
    let site = Site::new();
    let metadata = site.get("/.well-known/openid-configuration").json();
    assert_eq!(metadata["claims_parameter_supported"], true);
    // With line breaks, as some clients write their JSON.
    let asked = json!({
        "userinfo": {"email": {"essential": true}, "website": null},
        "id_token": {"given_name": null, "auth_time": {"essential": true}},
    });
    let asked = serde_json::to_string_pretty(&asked).unwrap();
    let browser = Browser::new(&site);
    let consent = browser.log_in(&browser.authorize(&[("claims", &asked)]));
    for words in ["See your e-mail address", "<code>given_name</code>"] {
        assert!(consent.body.contains(words), "{words}: {}", consent.body);
    }
    let answer = browser.press(&consent, &[], "accept");
    let code = answer.redirect_parameter("code");
    let tokens = site.post_as_web("/token", &code_form(&code)).json();
    let id_token = payload(&tokens["id_token"]);
    assert_eq!((&id_token["given_name"], id_token.get("email")), (&json!("alice"), None));
    assert_eq!(id_token["acr"], metadata["acr_values_supported"][0]);
    let token = tokens["access_token"].as_str().unwrap();
    let reply = Reply::of(site.request(Method::GET, "/userinfo").bearer_auth(token));
    assert_eq!(reply.json(), json!({"sub": "sub-alice", "email": "alice@example.org"}));
    let again = browser.authorize(&[("claims", &asked), ("prompt", "none")]);
    assert!(!again.redirect_parameter("code").is_empty());
}

#[test]
fn a_request_for_another_user_ends_without_a_code() {
    let site = Site::new();
    site.world.add_user("bob");
    let browser = Browser::new(&site);
    let about_bob = ("claims", r#"{"id_token":{"sub":{"value":"sub-bob"}}}"#);
    let answer = browser.log_in(&browser.authorize(&[about_bob]));
    assert_eq!(answer.redirect_parameter("error"), "login_required");
    let silent = browser.authorize(&[about_bob, ("prompt", "none")]);
    assert_eq!(silent.redirect_parameter("error"), "login_required");
}

#[test]
fn flat_claims_are_in_the_access_tokens_of_the_resource_that_wants_them() {
    let site = Site::new();
    site.world.add_resource("notes", |resource| {
        resource.claim_preset = ClaimPreset::Simplejwt;
        resource.access_token_claims =
            vec!["groups".into(), "email".into(), "preferred_username".into()];
    });
    let tokens = tokens(&site, &[("scope", "openid notes:read")]);
    let told = payload(&tokens["access_token"]);
    assert_eq!(told["groups"], json!(["staff", "ops"]));
    assert_eq!(
        (&told["email"], &told["preferred_username"]),
        (&json!("alice@example.org"), &json!("alice"))
    );
    assert_eq!((&told["token_type"], &told["user_id"]), (&json!("access"), &json!("sub-alice")));
    assert_eq!(payload(&tokens["id_token"]).get("groups"), None);
}

#[test]
fn a_registered_max_age_asks_for_the_password_again() {
    let site = Site::new();
    site.add_client("bank", |client| {
        client.default_max_age = Some(Seconds(60));
        client.require_auth_time = true;
        client.first_party = true;
        client.id_token_lifetime = Some(Seconds(30));
    });
    let browser = Browser::new(&site);
    let first = browser.log_in(&browser.authorize(&[("client_id", "bank")]));
    assert!(!first.redirect_parameter("code").is_empty());
    let again = browser.authorize(&[("client_id", "bank")]);
    assert!(!again.redirect_parameter("code").is_empty());
    site.world.clock.advance(Seconds(61));
    let page = browser.authorize(&[("client_id", "bank")]);
    assert!(page.status == 200 && page.body.contains("name=\"password\""), "{page:?}");
    let silent = browser.authorize(&[("client_id", "bank"), ("prompt", "none")]);
    assert_eq!(silent.redirect_parameter("error"), "login_required");
}
