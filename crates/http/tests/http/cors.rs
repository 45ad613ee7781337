//! Scripts of any origin may call what reads no cookie, and nothing else.

use reqwest::Method;
use reqwest::header::ORIGIN;

use crate::site::{Reply, Site};

const OPEN: [(Method, &str); 6] = [
    (Method::GET, "/.well-known/openid-configuration"),
    (Method::GET, "/jwks"),
    (Method::POST, "/token"),
    (Method::GET, "/userinfo"),
    (Method::POST, "/userinfo"),
    (Method::POST, "/revoke"),
];

#[test]
fn open_endpoints_allow_any_origin_without_credentials_errors_included() {
    let site = Site::new();
    for (method, path) in OPEN {
        let reply = Reply::of(site.request(method, path).header(ORIGIN, "https://spa.example"));
        assert_eq!(reply.header("access-control-allow-origin"), Some("*"), "{path}");
        assert_eq!(reply.header("access-control-allow-credentials"), None, "{path}");
        let exposed = reply.header("access-control-expose-headers");
        assert_eq!(exposed, Some("WWW-Authenticate, DPoP-Nonce"), "{path}");
    }
    let wrong_method = Reply::of(site.request(Method::PUT, "/token"));
    assert_eq!(wrong_method.header("access-control-allow-origin"), Some("*"));
}

#[test]
fn a_preflight_is_answered_without_knowing_the_client() {
    let site = Site::new();
    for (method, path) in OPEN {
        let preflight = site
            .request(Method::OPTIONS, path)
            .header(ORIGIN, "https://spa.example")
            .header("access-control-request-method", method.as_str())
            .header("access-control-request-headers", "authorization, dpop");
        let reply = Reply::of(preflight);
        assert_eq!((reply.status, reply.body.as_str()), (204, ""), "{path}");
        assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
        let methods = reply.header("access-control-allow-methods").unwrap();
        assert!(methods.contains(method.as_str()), "{path}: {methods}");
        let headers = reply.header("access-control-allow-headers");
        assert_eq!(headers, Some("Authorization, Content-Type, DPoP"));
    }
}

#[test]
fn nothing_else_is_open_to_other_origins() {
    let site = Site::new();
    for (method, path) in [
        (Method::GET, "/authorize"),
        (Method::OPTIONS, "/authorize"),
        (Method::POST, "/authorize"),
        (Method::GET, "/logout"),
        (Method::POST, "/introspect"),
        (Method::OPTIONS, "/introspect"),
        (Method::GET, "/"),
    ] {
        let reply = Reply::of(site.request(method, path).header(ORIGIN, "https://spa.example"));
        assert_eq!(reply.header("access-control-allow-origin"), None, "{path}");
    }
}
