//! `/introspect` (RFC 7662) and `/revoke` (RFC 7009).

use serde_json::json;

use crate::site::Site;

#[test]
fn a_token_is_alive_until_it_is_revoked() {
    let site = Site::new();
    let tokens = site.tokens("openid offline_access");
    let token = tokens["access_token"].as_str().unwrap();
    let alive = site.post_as_web("/introspect", &[("token", token)]);
    assert_eq!(alive.status, 200);
    assert_eq!(alive.header("cache-control"), Some("no-store"));
    assert_eq!(alive.json()["active"], true);
    let refresh_token = tokens["refresh_token"].as_str().unwrap();
    let revoked = site.post_as_web("/revoke", &[("token", refresh_token)]);
    assert_eq!((revoked.status, revoked.body.as_str()), (200, ""));
    for token in [token, refresh_token] {
        let dead = site.post_as_web("/introspect", &[("token", token)]);
        assert_eq!(dead.json(), json!({"active": false}));
    }
}

#[test]
fn an_unknown_token_is_inactive_and_its_revocation_succeeds() {
    let site = Site::new();
    for token in ["x", "a.b.c", "e30.e30.e30", "ü"] {
        let form = [("token", token), ("token_type_hint", "nonsense")];
        assert_eq!(site.post_as_web("/introspect", &form).json(), json!({"active": false}));
        assert_eq!(site.post_as_web("/revoke", &form).status, 200);
    }
}

#[test]
fn without_a_token_or_a_client_there_is_no_answer() {
    let site = Site::new();
    for path in ["/introspect", "/revoke"] {
        let refused = site.post_as_web(path, &[]).refusal();
        assert_eq!(refused, (400, "invalid_request".into()), "{path}");
        let anonymous = site.post(path, &[("token", "x")]);
        assert_eq!(anonymous.refusal(), (401, "invalid_client".into()), "{path}");
        assert!(anonymous.header("www-authenticate").is_some(), "{path}");
        let twice = site.post_as_web(path, &[("token", "x"), ("token", "y")]);
        assert_eq!(twice.refusal(), (400, "invalid_request".into()), "{path}");
    }
}
