//! A flood of logins: what does not fit is refused at once, and nobody else waits.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use keywright_core::provider::Settings;
use keywright_testkit::World;
use keywright_testkit::world::ISSUER;
use reqwest::Method;
use reqwest::header::{COOKIE, RETRY_AFTER};

use crate::site::{Browser, Reply, Site};

const FLOOD: usize = 12;

#[test]
fn logins_that_do_not_fit_are_refused_while_the_token_endpoint_answers() {
    let slow = Settings { password_cost: 13, ..World::settings(ISSUER) };
    let site = Site::start(slow, |options| {
        (options.hash_threads, options.hash_queue) = (1, 2);
        (options.hops, options.hop_wait) = (16, Duration::ZERO);
    });
    let browser = Browser::new(&site);
    let page = browser.authorize(&[]);
    let cookie = format!("keywright-browser={}", browser.cookies.borrow()["keywright-browser"]);
    let (csrf, action) = (page.csrf(), page.action());
    let form = [("csrf", csrf.as_str()), ("decision", "accept"), ("login", "nobody")];
    let (answers, answered) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..FLOOD {
            let (answers, site, cookie, action) = (answers.clone(), &site, &cookie, &action);
            scope.spawn(move || {
                let request = site.request(Method::POST, action).header(COOKIE, cookie);
                let form = [&form[..], &[("password", "a guess")]].concat();
                answers.send(Reply::of(request.form(&form))).unwrap();
            });
        }
        let first: Reply = answered.recv().unwrap();
        assert_eq!(first.status, 503, "the queue is full before a hash is done");
        assert!(first.headers.contains_key(RETRY_AFTER));
        assert!(first.body.contains("Many people are signing in"), "{}", first.body);
        let token = site.post_as_web("/token", &[("grant_type", "client_credentials")]);
        assert_eq!(token.status, 200);
        let meanwhile = answered.try_iter().count();
        assert!(meanwhile < FLOOD - 1, "tokens must not wait for hashes");
        drop(answers);
        let late: Vec<u16> = answered.iter().map(|reply| reply.status).collect();
        assert!(late.contains(&200), "a login that fits is worked on: {late:?}");
    });
}
