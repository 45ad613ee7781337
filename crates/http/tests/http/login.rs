//! The login page: cookies, CSRF, headers, and what happens on a wrong password.

use keywright_core::account::throttle::Policy;
use keywright_core::provider::Settings;
use keywright_testkit::World;
use keywright_testkit::world::PASSWORD;
use reqwest::Method;
use reqwest::header::SET_COOKIE;

use crate::site::{Browser, Reply, Site};

fn cookies(reply: &Reply) -> Vec<&str> {
    reply.headers.get_all(SET_COOKIE).iter().map(|cookie| cookie.to_str().unwrap()).collect()
}

fn credentials<'a>(csrf: &'a str, password: &'a str) -> [(&'a str, &'a str); 4] {
    [("csrf", csrf), ("decision", "accept"), ("login", "alice"), ("password", password)]
}

#[test]
fn on_https_cookies_are_host_only_secure_and_unreadable_for_scripts() {
    let issuer = "https://login.example/auth";
    let settings = Settings { throttle: Policy::default(), ..World::settings(issuer) };
    let site = Site::start(settings, |_| ());
    let browser = Browser::new(&site);
    let page = browser.authorize(&[]);
    assert_eq!(page.header("strict-transport-security"), Some("max-age=31536000"));
    let device = cookies(&page);
    assert_eq!(device.len(), 1);
    assert!(device[0].starts_with("__Host-keywright-browser="), "{device:?}");
    let csrf = page.csrf();
    let reply = browser.post(&page.action(), &credentials(&csrf, PASSWORD));
    assert!(reply.location().starts_with("/auth/authorize/"));
    let session = cookies(&reply);
    assert_eq!(session.len(), 2, "the browser has its cookie already");
    assert!(session[0].starts_with("__Host-keywright-session="), "{session:?}");
    assert!(session[1].starts_with("__Host-keywright-known="), "{session:?}");
    assert!(session[1].contains("; Max-Age=15552000"), "{session:?}");
    for cookie in [device[0], session[0], session[1]] {
        for flag in ["; HttpOnly", "; SameSite=Lax", "; Secure", "; Path=/"] {
            assert!(cookie.contains(flag), "{flag} is missing from {cookie}");
        }
        assert!(!cookie.contains("Domain"));
    }
}

#[test]
fn on_plain_http_the_same_cookies_go_without_secure() {
    let site = Site::new();
    let page = Browser::new(&site).authorize(&[]);
    assert_eq!(page.header("strict-transport-security"), None);
    let device = cookies(&page)[0];
    assert!(device.starts_with("keywright-browser=") && !device.contains("Secure"), "{device}");
    assert!(device.contains("; HttpOnly") && device.contains("; SameSite=Lax"), "{device}");
}

#[test]
fn a_new_login_gets_a_new_cookie() {
    let site = Site::new();
    let browser = Browser::new(&site);
    browser.log_in(&browser.authorize(&[]));
    let first = browser.cookies.borrow()["keywright-session"].clone();
    browser.log_in(&browser.authorize(&[("prompt", "login")]));
    assert_ne!(browser.cookies.borrow()["keywright-session"], first);
}

#[test]
fn a_wrong_password_shows_the_page_again_with_the_name_and_no_hint() {
    let site = Site::new();
    let browser = Browser::new(&site);
    let page = browser.authorize(&[]);
    let refused = browser.press(&page, &[("login", "alice"), ("password", "wrong")], "accept");
    assert_eq!(refused.status, 200);
    assert!(refused.body.contains("do not match"), "{}", refused.body);
    assert!(refused.body.contains("value=\"alice\""));
    assert!(!refused.body.contains("wrong\""), "the password must not come back");
    let unknown = browser.press(&page, &[("login", "nobody"), ("password", "wrong")], "accept");
    assert_eq!(
        unknown.body.replace("nobody", "alice"),
        refused.body,
        "an unknown name must look the same"
    );
    assert!(!browser.cookies.borrow().contains_key("keywright-session"));
    assert_eq!(browser.log_in(&refused).status, 200);
    assert!(browser.cookies.borrow().contains_key("keywright-session"));
}

#[test]
fn an_empty_field_is_pointed_out_without_hashing_anything() {
    let site = Site::new();
    let browser = Browser::new(&site);
    let page = browser.authorize(&[]);
    let again = browser.press(&page, &[("login", "alice")], "accept");
    assert!(again.body.contains("Enter both"), "{}", again.body);
}

#[test]
fn a_form_without_our_token_does_nothing_and_shows_the_page_again() {
    let site = Site::new();
    let browser = Browser::new(&site);
    let page = browser.authorize(&[]);
    let elsewhere = Browser::new(&site).authorize(&[]).csrf();
    for csrf in ["", "x", &elsewhere] {
        let reply = browser.post(&page.action(), &credentials(csrf, PASSWORD));
        assert_eq!(reply.status, 400);
        assert!(reply.body.contains("Please sign in again"), "{}", reply.body);
        assert!(!reply.body.contains("value=\"alice\""), "nothing of the form is used");
        assert!(cookies(&reply).is_empty());
    }
    browser.log_in(&page);
    assert!(browser.cookies.borrow().contains_key("keywright-session"));
}

#[test]
fn a_form_for_another_browsers_page_is_refused() {
    let site = Site::new();
    let page = Browser::new(&site).authorize(&[]);
    let csrf = page.csrf();
    let reply = Browser::new(&site).post(&page.action(), &credentials(&csrf, PASSWORD));
    reply.assert_error_page(400, "invalid_request");
    assert!(cookies(&reply).is_empty());
}

#[test]
fn a_form_from_another_site_is_refused() {
    let site = Site::new();
    let browser = Browser::new(&site);
    let page = browser.authorize(&[]);
    let csrf = page.csrf();
    for origin in
        ["https://evil.example", "null", "http://127.0.0.1:8081", "https://127.0.0.1:8080"]
    {
        let reply = browser.post_from(origin, &page.action(), &credentials(&csrf, PASSWORD));
        reply.assert_error_page(400, "invalid_request");
    }
    // An old browser sends no Origin; the token alone must do.
    let silent = site.request(Method::POST, &page.action()).form(&credentials(&csrf, PASSWORD));
    assert_eq!(browser.send(silent).status, 303);
}

#[test]
fn every_page_forbids_frames_scripts_and_caching() {
    let site = Site::new();
    let browser = Browser::new(&site);
    let login = browser.authorize(&[]);
    let consent = browser.log_in(&login);
    let error = browser.authorize(&[("client_id", "")]);
    for page in [&login, &consent, &error] {
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains("script-src"), "{policy}");
        assert_eq!(page.header("cache-control"), Some("no-store"));
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(page.header("referrer-policy"), Some("strict-origin"));
        assert_eq!(page.header("x-frame-options"), Some("DENY"));
        assert!(page.header("x-request-id").is_some());
    }
    let policy = consent.header("content-security-policy").unwrap();
    assert!(policy.contains("form-action 'self' https:"), "{policy}");
}

#[test]
fn select_account_offers_another_one() {
    let site = Site::new();
    let browser = Browser::new(&site);
    browser.grant(&[]);
    let choice = browser.authorize(&[("prompt", "select_account")]);
    assert!(choice.action().ends_with("/account"), "{}", choice.body);
    let login = browser.press(&choice, &[], "other");
    assert!(login.action().ends_with("/login"), "{}", login.body);
    let choice = browser.authorize(&[("prompt", "select_account")]);
    let answer = browser.press(&choice, &[], "accept");
    assert!(!answer.redirect_parameter("code").is_empty());
}
