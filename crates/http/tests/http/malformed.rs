//! Whatever is sent, the answer is a refusal and never a 5xx.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use keywright_testkit::world::CLIENT_SECRET;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use reqwest::Method;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, COOKIE, HeaderValue};

use crate::site::{Browser, Reply, Site, authorization_query};

const FORM: &str = "application/x-www-form-urlencoded";
const FORM_ENDPOINTS: [&str; 6] =
    ["/token", "/introspect", "/revoke", "/userinfo", "/authorize", "/logout"];

fn post(site: &Site, path: &str, body: Vec<u8>) -> Reply {
    let request = site.request(Method::POST, path).basic_auth("web", Some(CLIENT_SECRET));
    Reply::of(request.header(CONTENT_TYPE, FORM).body(body))
}

#[test]
fn malformed_forms_are_invalid_requests_at_every_endpoint() {
    let site = Site::new();
    for path in FORM_ENDPOINTS {
        for body in [&b"a=%ff"[..], b"a=\xff\xfe", b"a=%", b"a=%f", b"a=%zz"] {
            let reply = post(&site, path, body.to_vec());
            assert_eq!(reply.status, 400, "{path} {body:?}: {}", reply.body);
            assert!(reply.body.contains("invalid_request"), "{path} {body:?}");
        }
    }
    for path in ["/token", "/introspect", "/revoke"] {
        for body in ["token=%00", "grant_type=a%00b", "token=a%0Ab", "token=%C2%85", "a%01=b"] {
            let reply = post(&site, path, body.into());
            assert_eq!(reply.refusal(), (400, "invalid_request".into()), "{path} {body}");
        }
    }
}

#[test]
fn oversized_bodies_are_refused_with_413() {
    let site = Site::new();
    for path in FORM_ENDPOINTS {
        let body = [b"a=".to_vec(), vec![b'x'; 64 * 1024]].concat();
        let reply = post(&site, path, body);
        assert_eq!(reply.status, 413, "{path}");
        assert!(reply.body.contains("invalid_request"), "{path}: {}", reply.body);
    }
}

#[test]
fn a_compressed_body_is_not_unpacked() {
    let site = Site::new();
    let request = site.request(Method::POST, "/token").basic_auth("web", Some(CLIENT_SECRET));
    let request = request.header(CONTENT_TYPE, FORM).header(CONTENT_ENCODING, "gzip");
    let reply = Reply::of(request.body("grant_type=client_credentials"));
    assert_eq!(reply.refusal(), (400, "invalid_request".into()));
}

#[test]
fn malformed_queries_are_error_pages() {
    let site = Site::new();
    for path in ["/authorize", "/logout"] {
        for query in ["client_id=%ff", "client_id=%", "%c3%28=x", "state=%e0%80%80"] {
            site.get(&format!("{path}?{query}")).assert_error_page(400, "invalid_request");
        }
    }
    let long = authorization_query(&[("state", &"s".repeat(40_000))]);
    assert!(site.get(&format!("/authorize?{long}")).status < 500);
}

#[test]
fn strange_cookies_are_no_cookies() {
    let site = Site::new();
    for cookie in
        ["keywright-browser=x; keywright-session=\"", "=; ;;=", "a=%ff", "keywright-session"]
    {
        let path = format!("/authorize?{}", authorization_query(&[]));
        let reply = Reply::of(site.request(Method::GET, &path).header(COOKIE, cookie));
        assert_eq!(reply.status, 200, "{cookie}");
        assert!(reply.header("set-cookie").unwrap().starts_with("keywright-browser="));
    }
}

#[test]
fn strange_values_in_a_login_are_refused_politely() {
    let site = Site::new();
    let browser = Browser::new(&site);
    let page = browser.authorize(&[]);
    let long = "x".repeat(60_000);
    for (login, password) in
        [(&*long, "x"), ("alice", &*long), ("ａｌｉｃｅ", "x"), ("\u{202e}", "x")]
    {
        let reply = browser.press(&page, &[("login", login), ("password", password)], "accept");
        assert!(reply.status < 500, "{}", reply.body);
    }
    for login in ["a\0", "a\nb", "\u{7f}"] {
        let reply = browser.press(&page, &[("login", login), ("password", "x")], "accept");
        reply.assert_error_page(400, "invalid_request");
    }
    browser.press(&page, &[], "dance").assert_error_page(400, "invalid_request");
}

/// Sends bytes and reads the status of the answer; `None` when the server just hangs up.
fn raw(site: &Site, bytes: &[u8]) -> Option<u16> {
    let mut stream = TcpStream::connect(site.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    // The server may answer and hang up before it has read everything.
    stream.write_all(bytes).ok();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).ok()?;
    std::str::from_utf8(&answer).ok()?.strip_prefix("HTTP/1.1 ")?.parse().ok()
}

#[test]
fn what_is_hardly_http_is_a_4xx_or_nothing() {
    let site = Site::new();
    let long_header = format!("GET / HTTP/1.1\r\nhost: x\r\na: {}\r\n\r\n", "x".repeat(300_000));
    let long_target = format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "x".repeat(100_000));
    let many_headers = format!("GET / HTTP/1.1\r\nhost: x\r\n{}\r\n", "a: b\r\n".repeat(500));
    for request in [
        &b"\0\0\0\0\r\n\r\n"[..],
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: x\r\na\0b: c\r\n\r\n",
        b"GET /authorize?client_id=\0 HTTP/1.1\r\nhost: x\r\n\r\n",
        b"GET /authorize?client_id=\xff HTTP/1.1\r\nhost: x\r\n\r\n",
        b"POST /token HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        long_header.as_bytes(),
        long_target.as_bytes(),
        many_headers.as_bytes(),
    ] {
        let start = String::from_utf8_lossy(&request[..request.len().min(60)]);
        if let Some(status) = raw(&site, request) {
            assert!((400..500).contains(&status), "{status} for {start:?}");
        }
    }
    assert_eq!(site.get("/jwks").status, 200, "the server goes on");
}

#[test]
fn no_query_and_no_form_makes_the_server_fail() {
    let site = Site::new();
    let mut runner = TestRunner::new(Config { cases: 96, ..Config::default() });
    let names = prop::sample::select(vec![
        "client_id",
        "redirect_uri",
        "response_type",
        "scope",
        "state",
        "nonce",
        "prompt",
        "max_age",
        "resource",
        "claims",
        "id_token_hint",
        "login_hint",
        "acr_values",
        "ui_locales",
        "display",
        "response_mode",
        "code_challenge",
        "grant_type",
        "code",
        "refresh_token",
        "token",
        "client_secret",
        "access_token",
        "post_logout_redirect_uri",
    ]);
    let pairs = prop::collection::vec((names, any::<String>()), 0..5);
    let outcome = runner.run(&pairs, |pairs| {
        let changes: Vec<(&str, &str)> =
            pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
        for path in ["/authorize", "/logout"] {
            let reply = site.get(&format!("{path}?{}", authorization_query(&changes)));
            prop_assert!(reply.status < 500, "{path}: {}", reply.body);
        }
        for path in ["/token", "/introspect", "/revoke", "/userinfo"] {
            let reply = site.post_as_web(path, &changes);
            prop_assert!(reply.status < 500, "{path}: {}", reply.body);
        }
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn no_header_makes_the_server_fail() {
    let site = Site::new();
    let mut runner = TestRunner::new(Config { cases: 96, ..Config::default() });
    let bytes = prop_oneof![
        prop::collection::vec(32_u8..=255, 0..80),
        "keywright-(session|browser)=[ -~]{0,300}".prop_map(String::into_bytes),
        "(Basic|Bearer|DPoP) [ -~]{0,80}".prop_map(String::into_bytes),
    ];
    let outcome = runner.run(&bytes, |bytes| {
        let Ok(value) = HeaderValue::from_bytes(&bytes) else { return Ok(()) };
        for name in ["cookie", "authorization", "origin", "accept", "x-forwarded-for", "user-agent"]
        {
            let visit =
                site.request(Method::GET, &format!("/authorize?{}", authorization_query(&[])));
            let ask =
                site.request(Method::POST, "/token").form(&[("grant_type", "client_credentials")]);
            let see = site.request(Method::GET, "/userinfo");
            for request in [visit, ask, see] {
                let reply = Reply::of(request.header(name, value.clone()));
                prop_assert!(reply.status < 500, "{name}: {}", reply.body);
            }
        }
        Ok(())
    });
    outcome.unwrap();
}
