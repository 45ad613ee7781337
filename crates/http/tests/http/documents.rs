//! Discovery, JWKS, static files, the landing page, and what is not there.

use reqwest::Method;
use reqwest::header::{ACCEPT, IF_NONE_MATCH};

use crate::site::{Reply, Site};

#[test]
fn an_issuer_at_the_root_has_its_metadata_under_both_names() {
    let site = Site::new();
    let oidc = site.get("/.well-known/openid-configuration");
    let oauth = site.get("/.well-known/oauth-authorization-server");
    assert_eq!((oidc.status, oauth.status), (200, 200));
    assert_eq!(oidc.body, oauth.body);
    assert_eq!(oidc.json()["issuer"], "http://127.0.0.1:8080");
}

#[test]
fn an_issuer_with_a_path_has_its_metadata_behind_and_before_the_path() {
    let site = Site::at("https://login.example/auth");
    let first = site.get("/auth/.well-known/openid-configuration");
    assert_eq!(first.json()["issuer"], "https://login.example/auth");
    assert_eq!(first.json()["token_endpoint"], "https://login.example/auth/token");
    for path in [
        "/auth/.well-known/oauth-authorization-server",
        "/.well-known/openid-configuration/auth",
        "/.well-known/oauth-authorization-server/auth",
    ] {
        let reply = site.get(path);
        assert_eq!((reply.status, &reply.body), (200, &first.body), "{path}");
    }
    // Another issuer would live there.
    assert_eq!(site.get("/.well-known/openid-configuration").status, 404);
    assert_eq!(site.get("/token").status, 404);
}

#[test]
fn the_host_header_changes_nothing_in_the_metadata() {
    let site = Site::new();
    let path = "/.well-known/openid-configuration";
    let forged = site.request(Method::GET, path).header("host", "evil.example");
    let forged = forged.header("x-forwarded-host", "evil.example");
    assert_eq!(Reply::of(forged).body, site.get(path).body);
}

#[test]
fn public_documents_may_be_cached_and_are_not_sent_twice() {
    let site = Site::new();
    for (path, caching) in [
        ("/.well-known/openid-configuration", "public, max-age=300"),
        ("/jwks", "public, max-age=900"),
        ("/static/keywright.css", "public, max-age=3600"),
    ] {
        let first = site.get(path);
        assert_eq!(first.status, 200, "{path}");
        assert_eq!(first.header("cache-control"), Some(caching));
        let etag = first.header("etag").unwrap();
        assert!(etag.starts_with('"'), "a strong tag: {etag}");
        let again = site.request(Method::GET, path).header(IF_NONE_MATCH, format!("\"x\", {etag}"));
        let again = Reply::of(again);
        assert_eq!((again.status, again.body.as_str()), (304, ""), "{path}");
        assert_eq!(again.header("etag"), Some(etag));
        let other = site.request(Method::GET, path).header(IF_NONE_MATCH, "\"x\"");
        assert_eq!(Reply::of(other).status, 200);
    }
}

#[test]
fn json_is_never_taken_for_a_page_and_what_a_browser_follows_has_the_policy_of_one() {
    let site = Site::new();
    let policy = |reply: &Reply| {
        ["content-security-policy", "referrer-policy", "x-frame-options"]
            .map(|name| reply.header(name).is_some())
    };
    for path in ["/jwks", "/.well-known/openid-configuration", "/nothing"] {
        let reply = site.get(path);
        assert_eq!(reply.header("content-type"), Some("application/json"), "{path}");
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(policy(&reply), [false; 3], "{path}");
    }
    for path in ["/", "/static/keywright.css", "/.well-known/change-password"] {
        assert_eq!(policy(&site.get(path)), [true; 3], "{path}");
    }
}

#[test]
fn the_key_set_changes_with_its_keys() {
    let site = Site::new();
    let before = site.get("/jwks");
    assert!(!before.json()["keys"].as_array().unwrap().is_empty());
    site.world.add_resource("notes", |_| ());
    assert_eq!(site.get("/jwks").header("etag"), before.header("etag"));
    let metadata = site.get("/.well-known/openid-configuration").json();
    assert_eq!(metadata["code_challenge_methods_supported"], serde_json::json!(["S256"]));
    let scopes = metadata["scopes_supported"].as_array().unwrap();
    assert!(scopes.contains(&"notes:read".into()), "{scopes:?}");
}

#[test]
fn head_is_get_without_a_body() {
    let site = Site::new();
    for path in ["/jwks", "/.well-known/openid-configuration", "/", "/static/keywright.css"] {
        let (get, head) = (site.get(path), Reply::of(site.request(Method::HEAD, path)));
        assert_eq!((head.status, head.body.as_str()), (200, ""), "{path}");
        assert_eq!(head.header("content-length"), get.header("content-length"), "{path}");
    }
}

#[test]
fn the_landing_page_names_the_issuer() {
    let site = Site::at("https://login.example/auth");
    for path in ["/auth", "/auth/"] {
        let page = site.get(path);
        assert_eq!(page.status, 200);
        assert!(page.body.contains("https://login.example/auth"));
    }
}

#[test]
fn what_is_not_there_is_a_404_in_the_form_that_was_asked_for() {
    let site = Site::new();
    let json = site.get("/nothing");
    assert_eq!((json.status, json.json()["error"].as_str()), (404, Some("not_found")));
    let page = Reply::of(site.request(Method::GET, "/nothing").header(ACCEPT, "text/html"));
    page.assert_error_page(404, "not_found");
    for path in ["/static/", "/static/../Cargo.toml", "/static/..%2f..%2fCargo.toml"] {
        assert_eq!(site.get(path).status, 404, "{path}");
    }
}

#[test]
fn another_method_is_a_405_that_names_the_right_ones() {
    let site = Site::new();
    for (method, path, allow) in [
        (Method::GET, "/token", "POST, OPTIONS"),
        (Method::PUT, "/token", "POST, OPTIONS"),
        (Method::GET, "/introspect", "POST"),
        (Method::POST, "/jwks", "GET, HEAD, OPTIONS"),
        (Method::DELETE, "/authorize", "GET, HEAD, POST"),
        (Method::GET, "/authorize/x/login", "POST"),
    ] {
        let reply = Reply::of(site.request(method.clone(), path));
        assert_eq!((reply.status, reply.header("allow")), (405, Some(allow)), "{method} {path}");
    }
}
