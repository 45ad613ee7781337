//! Opaque access tokens over the wire: issued, used, introspected, revoked.

use keywright_core::client::metadata::ClientMetadata;
use keywright_core::id::ClientId;
use keywright_core::resource::TokenFormat;
use keywright_testkit::world::CLIENT_SECRET;
use reqwest::Method;
use serde_json::json;

use crate::site::{Reply, Site};

#[test]
fn an_opaque_token_serves_userinfo_and_the_api_until_it_is_revoked() {
    let site = Site::new();
    let api = ClientMetadata { grant_types: vec![], ..ClientMetadata::default() };
    site.world.add_client("notes-api", api);
    site.world.add_resource("notes", |resource| {
        resource.format = TokenFormat::Opaque;
        resource.servers = vec![ClientId::new("notes-api")];
    });
    let tokens = site.tokens("openid email notes:read");
    assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&json!("Bearer"), &json!(300)));
    let token = tokens["access_token"].as_str().unwrap();
    assert_eq!(token.len(), 43);
    let userinfo = || Reply::of(site.request(Method::GET, "/userinfo").bearer_auth(token));
    let introspect = || {
        let asked = site.request(Method::POST, "/introspect").form(&[("token", token)]);
        Reply::of(asked.basic_auth("notes-api", Some(CLIENT_SECRET))).json()
    };
    assert_eq!(userinfo().json()["email"], "alice@example.org");
    let seen = introspect();
    for (name, value) in [
        ("active", json!(true)),
        ("client_id", json!("web")),
        ("username", json!("alice")),
        ("scope", json!("openid email notes:read")),
        ("aud", json!(["https://notes.example", "http://127.0.0.1:8080"])),
    ] {
        assert_eq!(seen[name], value, "{name}");
    }
    assert_eq!(site.post_as_web("/revoke", &[("token", token)]).status, 200);
    assert_eq!(introspect(), json!({"active": false}));
    assert_eq!(userinfo().refusal(), (401, "invalid_token".into()));
}
