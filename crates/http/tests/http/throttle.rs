//! Guessing passwords, as a browser sees it.

use keywright_core::account::throttle::Policy;
use keywright_core::provider::Settings;
use keywright_core::time::Seconds;
use keywright_http::{ForwardedHeader, TrustedProxies};
use keywright_testkit::World;
use keywright_testkit::world::{ISSUER, PASSWORD};
use reqwest::Method;
use reqwest::header::ORIGIN;

use crate::site::{Browser, Reply, Site};

/// A site behind a proxy on this machine, where so many failures are free: per account and
/// network, per account, per network.
fn site(free: [u32; 3]) -> Site {
    let throttle = Policy::new(free, Seconds(2), Seconds::minutes(15), Seconds::hours(1));
    let settings = Settings { throttle, ..World::settings(ISSUER) };
    let site = Site::start(settings, |options| {
        let networks = vec!["127.0.0.1".parse().unwrap()];
        options.trusted_proxies =
            TrustedProxies { networks, header: ForwardedHeader::XForwardedFor };
    });
    site.world.add_user("bob");
    site
}

/// Sends the login form of a fresh page from `address`; what comes back at once.
fn attempt(browser: &Browser<'_>, address: &str, (login, password): (&str, &str)) -> Reply {
    let page = browser.authorize(&[("prompt", "login")]);
    let csrf = page.csrf();
    let form =
        [("csrf", csrf.as_str()), ("decision", "accept"), ("login", login), ("password", password)];
    let request = browser.site.request(Method::POST, &page.action()).header(ORIGIN, ISSUER);
    browser.send(request.header("x-forwarded-for", address).form(&form))
}

fn assert_waits(reply: &Reply, seconds: u64) {
    assert_eq!(reply.status, 429, "{reply:?}");
    assert_eq!(reply.header("retry-after"), Some(seconds.to_string().as_str()));
    assert!(reply.body.contains(&format!("Try again in {seconds} seconds")), "{}", reply.body);
    assert!(reply.body.contains("name=\"password\""), "the page lets somebody try again");
}

#[test]
fn guesses_have_to_wait_with_the_wait_on_the_page_and_nobody_else_does() {
    let site = site([3, 0, 0]);
    let browser = Browser::new(&site);
    for _ in 0..3 {
        let reply = attempt(&browser, "192.0.2.1", ("alice", "guess"));
        assert_eq!(reply.status, 200);
        assert!(reply.body.contains("do not match"));
    }
    let waits = attempt(&browser, "192.0.2.1", ("alice", PASSWORD));
    assert_waits(&waits, 2);
    assert!(waits.body.contains("value=\"alice\""), "what was typed is kept");
    assert_eq!(attempt(&browser, "192.0.2.1", ("bob", PASSWORD)).status, 303);
    assert_eq!(attempt(&Browser::new(&site), "192.0.2.2", ("alice", PASSWORD)).status, 303);
    site.world.clock.advance(Seconds(2));
    assert_eq!(attempt(&browser, "192.0.2.1", ("alice", PASSWORD)).status, 303);
}

#[test]
fn a_name_that_nobody_has_looks_the_same_when_it_waits() {
    let site = site([1, 0, 0]);
    let browser = Browser::new(&site);
    let waits = |name: &str| {
        attempt(&browser, "192.0.2.1", (name, "guess"));
        let reply = attempt(&browser, "192.0.2.1", (name, "guess"));
        assert_waits(&reply, 2);
        let action = reply.action();
        reply.body.replace(&action, "").replace(name, "")
    };
    assert_eq!(waits("alice"), waits("nobody"));
}

#[test]
fn a_browser_that_is_known_logs_in_while_others_guess_from_everywhere() {
    let site = site([0, 3, 0]);
    let known = Browser::new(&site);
    assert_eq!(attempt(&known, "198.51.100.1", ("alice", PASSWORD)).status, 303);
    assert!(known.cookies.borrow().contains_key("keywright-known"));
    let attacker = Browser::new(&site);
    for host in 1..=3 {
        attempt(&attacker, &format!("192.0.2.{host}"), ("alice", "guess"));
    }
    assert_waits(&attempt(&attacker, "192.0.2.9", ("alice", "guess")), 2);
    assert_waits(&attempt(&Browser::new(&site), "203.0.113.9", ("alice", PASSWORD)), 2);
    assert_eq!(attempt(&known, "198.51.100.1", ("alice", PASSWORD)).status, 303);
}

#[test]
fn a_right_password_is_not_counted() {
    let site = site([1, 1, 1]);
    let browser = Browser::new(&site);
    for _ in 0..3 {
        assert_eq!(attempt(&browser, "192.0.2.1", ("alice", PASSWORD)).status, 303);
    }
}

#[test]
fn a_throttle_that_is_turned_off_counts_nothing_and_marks_no_browser() {
    let site = site([0, 0, 0]);
    let browser = Browser::new(&site);
    for _ in 0..10 {
        assert_eq!(attempt(&browser, "192.0.2.1", ("alice", "guess")).status, 200);
    }
    assert_eq!(attempt(&browser, "192.0.2.1", ("alice", PASSWORD)).status, 303);
    assert!(!browser.cookies.borrow().contains_key("keywright-known"));
}
