//! `/userinfo` and the challenges of RFC 6750 section 3.

use keywright_core::time::Seconds;
use reqwest::Method;
use reqwest::header::AUTHORIZATION;

use crate::site::{Reply, Site};

fn bearer(site: &Site, method: Method, token: &str) -> Reply {
    Reply::of(site.request(method, "/userinfo").bearer_auth(token))
}

#[test]
fn claims_come_by_get_by_post_and_for_a_token_in_the_body() {
    let site = Site::new();
    let tokens = site.tokens("openid email");
    let token = tokens["access_token"].as_str().unwrap();
    let in_body = site.post("/userinfo", &[("access_token", token)]);
    for reply in [bearer(&site, Method::GET, token), bearer(&site, Method::POST, token), in_body] {
        assert_eq!(reply.status, 200, "{}", reply.body);
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        let claims = reply.json();
        assert_eq!(claims["sub"], "sub-alice");
        assert_eq!(claims["email_verified"], true);
    }
}

#[test]
fn without_a_token_the_challenge_names_no_error() {
    let site = Site::new();
    let token = site.tokens("openid");
    let token = token["access_token"].as_str().unwrap();
    let basic = site.request(Method::GET, "/userinfo").basic_auth("web", Some("x"));
    let in_query = site.get(&format!("/userinfo?access_token={token}"));
    for reply in [site.get("/userinfo"), Reply::of(basic), in_query] {
        assert_eq!((reply.status, reply.body.as_str()), (401, ""));
        assert_eq!(reply.header("www-authenticate"), Some("Bearer realm=\"keywright\""));
    }
}

#[test]
fn a_token_that_is_none_is_an_invalid_token() {
    let site = Site::new();
    let tokens = site.tokens("openid");
    let token = tokens["access_token"].as_str().unwrap();
    let id_token = tokens["id_token"].as_str().unwrap();
    let tampered = format!("{}A", &token[..token.len() - 1]);
    let tampered =
        if tampered == token { format!("{}B", &token[..token.len() - 1]) } else { tampered };
    for bad in ["x", "a.b.c", "not a token", id_token, &tampered] {
        let reply = bearer(&site, Method::GET, bad);
        assert_eq!(reply.refusal(), (401, "invalid_token".into()), "{bad}");
        let challenge = reply.header("www-authenticate").unwrap();
        assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
    }
    site.world.clock.advance(Seconds::hours(1));
    assert_eq!(bearer(&site, Method::GET, token).refusal(), (401, "invalid_token".into()));
}

#[test]
fn a_token_sent_twice_is_an_invalid_request() {
    let site = Site::new();
    let both =
        site.request(Method::POST, "/userinfo").bearer_auth("x").form(&[("access_token", "x")]);
    let reply = Reply::of(both);
    assert_eq!(reply.refusal(), (400, "invalid_request".into()));
    assert!(reply.header("www-authenticate").unwrap().contains("error=\"invalid_request\""));
    let twice = site.request(Method::GET, "/userinfo");
    let twice = twice.header(AUTHORIZATION, "Bearer x").header(AUTHORIZATION, "Bearer x");
    assert_eq!(Reply::of(twice).refusal(), (400, "invalid_request".into()));
}

#[test]
fn a_token_without_openid_has_insufficient_scope() {
    let site = Site::new();
    let tokens = site.post_as_web("/token", &[("grant_type", "client_credentials")]).json();
    let reply = bearer(&site, Method::GET, tokens["access_token"].as_str().unwrap());
    assert_eq!(reply.refusal(), (403, "insufficient_scope".into()));
    let challenge = reply.header("www-authenticate").unwrap();
    assert!(challenge.contains("scope=\"openid\""), "{challenge}");
}

#[test]
fn a_token_in_the_query_is_no_token() {
    let site = Site::new();
    let tokens = site.tokens("openid");
    let token = tokens["access_token"].as_str().unwrap();
    let reply = site.get(&format!("/userinfo?access_token={token}"));
    assert_eq!(reply.status, 401, "{reply:?}");
    assert!(!reply.header("www-authenticate").unwrap().contains("error"));
}
