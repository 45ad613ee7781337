//! Requests per second from one network: the refusal has the shape that the endpoint speaks.

use keywright_http::{ForwardedHeader, Limits, TrustedProxies};
use keywright_testkit::World;
use keywright_testkit::world::ISSUER;
use reqwest::Method;
use reqwest::header::ORIGIN;

use crate::site::{Reply, Site};

/// One request per second each, so five at once.
const SLOW: Limits = Limits { login: 1, authorize: 1, token: 1, introspect: 1, userinfo: 1 };

fn site(limits: Limits, proxies: &[&str]) -> Site {
    let networks = proxies.iter().map(|text| text.parse().unwrap()).collect();
    Site::start(World::settings(ISSUER), |options| {
        options.limits = limits;
        let header = ForwardedHeader::XForwardedFor;
        options.trusted_proxies = TrustedProxies { networks, header };
    })
}

/// Sends the same request until it is refused; how many were not.
fn until_refused(send: impl Fn() -> Reply) -> (usize, Reply) {
    let mut passed = 0;
    loop {
        let reply = send();
        if reply.status == 429 {
            let wait: u64 = reply.header("retry-after").unwrap().parse().unwrap();
            assert!((1..=2).contains(&wait), "{wait}");
            return (passed, reply);
        }
        passed += 1;
        assert!(passed < 100, "nothing is refused: {reply:?}");
    }
}

#[test]
fn a_program_is_refused_in_json_that_any_origin_may_read() {
    let site = site(SLOW, &[]);
    for (method, path, open) in [
        (Method::POST, "/token", true),
        (Method::POST, "/revoke", true),
        (Method::GET, "/userinfo", true),
        (Method::POST, "/introspect", false),
    ] {
        let send = || {
            let request = site.request(method.clone(), path);
            Reply::of(request.header(ORIGIN, "https://spa.example"))
        };
        let (passed, refused) = until_refused(send);
        // Revocation and introspection share a limit.
        assert!(passed >= 5 || path == "/introspect", "{path}: {passed}");
        assert_eq!(refused.refusal(), (429, "slow_down".into()), "{path}");
        assert_eq!(refused.header("access-control-allow-origin").is_some(), open, "{path}");
        assert!(refused.header("www-authenticate").is_none(), "{path}");
        assert!(refused.header("x-request-id").is_some(), "{path}");
    }
}

#[test]
fn a_person_is_refused_with_a_page() {
    let site = site(SLOW, &[]);
    let (_, refused) = until_refused(|| site.get("/authorize"));
    refused.assert_error_page(429, "slow_down");
    let (_, refused) = until_refused(|| site.post("/authorize/x/login", &[("csrf", "x")]));
    refused.assert_error_page(429, "slow_down");
}

#[test]
fn every_page_that_asks_the_database_has_a_limit() {
    for (method, path) in [
        (Method::GET, "/"),
        (Method::GET, "/authorize"),
        (Method::GET, "/authorize/x"),
        (Method::POST, "/authorize/x/login"),
        (Method::POST, "/authorize/x/account"),
        (Method::POST, "/authorize/x/consent"),
        (Method::GET, "/logout"),
        (Method::GET, "/logout/x"),
        (Method::GET, "/account"),
        (Method::GET, "/account/password"),
        (Method::POST, "/account/sessions"),
        (Method::POST, "/account/applications"),
        (Method::POST, "/account/sign-out"),
        (Method::GET, "/setup/x"),
    ] {
        let site = site(SLOW, &[]);
        let (_, refused) = until_refused(|| Reply::of(site.request(method.clone(), path)));
        refused.assert_error_page(429, "slow_down");
    }
}

#[test]
fn the_limits_count_for_loopback_too() {
    let site = site(SLOW, &[]);
    let (passed, _) = until_refused(|| site.post("/token", &[]));
    assert!(passed < 20, "{passed} from 127.0.0.1");
}

#[test]
fn one_limit_that_is_reached_holds_up_no_other_endpoint() {
    let site = site(SLOW, &[]);
    until_refused(|| site.post("/token", &[]));
    assert_eq!(site.get("/userinfo").status, 401);
    assert_eq!(site.get("/jwks").status, 200);
    let preflight = Reply::of(site.request(Method::OPTIONS, "/token"));
    assert_eq!(preflight.status, 204, "a preflight costs nothing");
}

#[test]
fn a_limit_that_is_turned_off_refuses_nothing() {
    let site = site(Limits::OFF, &[]);
    for _ in 0..30 {
        assert_ne!(site.post("/token", &[]).status, 429);
    }
}

#[test]
fn a_forged_address_from_an_untrusted_peer_changes_nothing() {
    let site = site(SLOW, &["10.0.0.0/8"]);
    let number = std::cell::Cell::new(0);
    let (passed, _) = until_refused(|| {
        number.set(number.get() + 1);
        let forged = format!("198.51.100.{}", number.get());
        Reply::of(site.request(Method::POST, "/token").header("x-forwarded-for", forged))
    });
    assert!(passed < 50, "a made-up address was believed");
}

#[test]
fn behind_a_trusted_proxy_each_client_has_its_own_limit() {
    let site = site(SLOW, &["127.0.0.1"]);
    let from = |address: &str| {
        Reply::of(site.request(Method::POST, "/token").header("x-forwarded-for", address))
    };
    until_refused(|| from("203.0.113.1"));
    assert_ne!(from("203.0.113.2").status, 429);
    until_refused(|| from("2001:db8::1"));
    assert_eq!(from("2001:db8::2").status, 429, "a /64 is one network");
    assert_ne!(from("2001:db8:0:1::2").status, 429);
}
