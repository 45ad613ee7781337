//! `/authorize`: which error goes where (RFC 6749 section 4.1.2.1, OIDC Core section 3.1.2.6).

use keywright_core::client::metadata::GrantType;
use reqwest::Method;
use reqwest::header::ORIGIN;

use crate::site::{Browser, CALLBACK, Site, authorization_query};

#[test]
fn before_the_redirect_uri_is_trusted_an_error_is_a_page() {
    let site = Site::new();
    let browser = Browser::new(&site);
    for (changes, code) in [
        (&[("client_id", "")][..], "invalid_request"),
        (&[("client_id", "nobody")], "invalid_client"),
        (&[("client_id", "web\0")], "invalid_client"),
        (&[("client_id", "wéb")], "invalid_client"),
        (&[("client_id", "web"), ("client_id", "web")], "invalid_request"),
        (&[("redirect_uri", "https://evil.example/cb")], "invalid_request"),
        (&[("redirect_uri", "https://app.example/cb/")], "invalid_request"),
        (&[("redirect_uri", "https://app.example/cb?x=1")], "invalid_request"),
        (&[("redirect_uri", "javascript:alert(1)")], "invalid_request"),
        (&[("redirect_uri", "\0")], "invalid_request"),
        (&[("redirect_uri", CALLBACK), ("redirect_uri", CALLBACK)], "invalid_request"),
    ] {
        browser.authorize(changes).assert_error_page(400, code);
    }
}

#[test]
fn an_open_redirect_does_not_come_with_prompt_none() {
    let site = Site::new();
    let changes = [("redirect_uri", "https://evil.example/cb"), ("prompt", "none")];
    Browser::new(&site).authorize(&changes).assert_error_page(400, "invalid_request");
}

/// A `claims` parameter that no login here can satisfy.
const ESSENTIAL_GOLD: &str = r#"{"id_token":{"acr":{"essential":true,"value":"gold"}}}"#;

#[test]
fn after_that_an_error_is_a_redirect_with_state_and_issuer() {
    let site = Site::new();
    let browser = Browser::new(&site);
    for (changes, code) in [
        (&[("response_type", "")][..], "invalid_request"),
        (&[("response_type", "token")], "unsupported_response_type"),
        (&[("response_type", "code id_token")], "unsupported_response_type"),
        (&[("response_mode", "web_message")], "invalid_request"),
        (&[("scope", "openid \"x\"")], "invalid_scope"),
        (&[("code_challenge", "")], "invalid_request"),
        (&[("code_challenge_method", "")], "invalid_request"),
        (&[("code_challenge_method", "plain")], "invalid_request"),
        (&[("code_challenge", "short")], "invalid_request"),
        (&[("code_challenge", ""), ("code_challenge_method", "")], "invalid_request"),
        (&[("request", "e30.e30.")], "request_not_supported"),
        (&[("request_uri", "https://app.example/r")], "request_uri_not_supported"),
        (&[("registration", "{}")], "registration_not_supported"),
        (&[("prompt", "none")], "login_required"),
        (&[("prompt", "none login")], "invalid_request"),
        (&[("prompt", "dance")], "invalid_request"),
        (&[("max_age", "soon")], "invalid_request"),
        (&[("claims", "email")], "invalid_request"),
        (&[("claims", "{\"id_token\":{\"email\":true}}")], "invalid_request"),
        (&[("claims", "{}"), ("claims", "{}")], "invalid_request"),
        (&[("claims", ESSENTIAL_GOLD)], "unmet_authentication_requirements"),
        (&[("max_age", "-1")], "invalid_request"),
        (&[("resource", "https://nowhere.example")], "invalid_target"),
        (&[("nonce", "a\0b")], "invalid_request"),
        (&[("nonce", "a\nb")], "invalid_request"),
        (&[("nonce", "a"), ("nonce", "b")], "invalid_request"),
    ] {
        let answer = browser.authorize(changes);
        assert!(answer.location().starts_with("https://app.example/cb?"), "{changes:?}");
        assert_eq!(answer.redirect_parameter("error"), code, "{changes:?}");
        assert_eq!(answer.redirect_parameter("state"), "the state", "{changes:?}");
        assert_eq!(answer.redirect_parameter("iss"), "http://127.0.0.1:8080", "{changes:?}");
        assert_eq!(answer.redirect_parameter("code"), "", "{changes:?}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
}

#[test]
fn a_client_without_the_grant_is_unauthorized() {
    let site = Site::new();
    site.add_client("machine", |metadata| {
        metadata.grant_types = vec![GrantType::ClientCredentials];
    });
    let answer = Browser::new(&site).authorize(&[("client_id", "machine")]);
    assert_eq!(answer.redirect_parameter("error"), "unauthorized_client");
}

#[test]
fn a_strict_client_gets_invalid_scope_and_others_what_exists() {
    let site = Site::new();
    site.add_client("strict", |metadata| metadata.strict_scope = true);
    let browser = Browser::new(&site);
    let strict = browser.authorize(&[("client_id", "strict"), ("scope", "openid nonsense")]);
    assert_eq!(strict.redirect_parameter("error"), "invalid_scope");
    assert_eq!(browser.authorize(&[("scope", "openid nonsense")]).status, 200);
}

#[test]
fn silence_is_refused_while_somebody_must_be_asked() {
    let site = Site::new();
    let browser = Browser::new(&site);
    assert_eq!(browser.log_in(&browser.authorize(&[])).status, 200);
    let answer = browser.authorize(&[("prompt", "none")]);
    assert_eq!(answer.redirect_parameter("error"), "consent_required");
}

#[test]
fn who_cancels_or_denies_is_access_denied() {
    let site = Site::new();
    let browser = Browser::new(&site);
    let cancelled = browser.press(&browser.authorize(&[]), &[], "deny");
    assert_eq!(cancelled.redirect_parameter("error"), "access_denied");
    let consent = browser.log_in(&browser.authorize(&[]));
    let denied = browser.press(&consent, &[], "deny");
    assert_eq!(denied.redirect_parameter("error"), "access_denied");
    assert_eq!(denied.redirect_parameter("state"), "the state");
}

#[test]
fn the_answer_travels_in_the_mode_that_was_asked_for() {
    let site = Site::new();
    let browser = Browser::new(&site);
    let fragment = browser.authorize(&[("response_mode", "fragment"), ("prompt", "none")]);
    assert!(fragment.location().starts_with("https://app.example/cb#error=login_required&"));
    let page = browser.authorize(&[("response_mode", "form_post"), ("prompt", "none")]);
    assert_eq!(page.status, 200);
    assert_eq!(page.action(), CALLBACK);
    assert!(page.body.contains("name=\"error\" value=\"login_required\""), "{}", page.body);
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"), "{policy}");
}

#[test]
fn a_post_is_stored_and_goes_on_at_a_get_without_reading_cookies() {
    let site = Site::new();
    let browser = Browser::new(&site);
    let post = site
        .request(Method::POST, "/authorize")
        .header(ORIGIN, "https://app.example")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(authorization_query(&[]));
    let parked = browser.send(post);
    assert!(parked.location().starts_with("/authorize/"), "{parked:?}");
    let taken_up = browser.get(parked.location());
    let login = browser.get(taken_up.location());
    assert!(login.body.contains("name=\"password\""), "{login:?}");
    assert_eq!(browser.get(taken_up.location()).status, 200, "the page can be reloaded");
    assert_eq!(browser.log_in(&login).status, 200);
}

#[test]
fn an_interaction_belongs_to_one_browser() {
    let site = Site::new();
    let (mine, other) = (Browser::new(&site), Browser::new(&site));
    let page = mine.authorize(&[]);
    let path = page.action();
    let path = path.strip_suffix("/login").unwrap();
    assert_eq!(mine.get(path).status, 200);
    other.get(path).assert_error_page(400, "invalid_request");
    mine.get("/authorize/unknown").assert_error_page(400, "invalid_request");
    mine.get("/authorize/a%00b").assert_error_page(404, "not_found");
}
