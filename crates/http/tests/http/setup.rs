//! The setup link.

use keywright_core::account::setup;
use keywright_testkit::world::PASSWORD;

use crate::site::{Browser, Reply, Site};

fn link(site: &Site) -> String {
    let token = setup::open(&site.world.provider).unwrap().unwrap();
    format!("{}/setup/{}", site.base, token.expose())
}

fn fill_in(browser: &Browser<'_>, page: &Reply, fields: [&str; 3]) -> Reply {
    let [login, new, repeated] = fields;
    let fields =
        [("login", login), ("email", "ada@example.org"), ("new", new), ("repeated", repeated)];
    browser.press(page, &fields, "")
}

#[test]
fn the_link_leads_to_a_page_that_makes_the_administrator_and_logs_in() {
    let site = Site::at("http://127.0.0.1:8080/id");
    let link = link(&site);
    let browser = Browser::new(&site);
    let page = browser.get(&link);
    assert_eq!((page.status, page.action()), (200, link.clone()));
    assert_eq!(page.header("referrer-policy"), Some("strict-origin"));
    let account = fill_in(&browser, &page, ["Ada", PASSWORD, PASSWORD]);
    for text in ["ada", "ada@example.org", "<dt>Roles</dt><dd>admin</dd>"] {
        assert!(account.body.contains(text), "{text}: {}", account.body);
    }
    browser.get(&link).assert_error_page(410, "setup_over");
    let late = fill_in(&browser, &page, ["eve", PASSWORD, PASSWORD]);
    late.assert_error_page(410, "setup_over");
    assert!(setup::open(&site.world.provider).unwrap().is_none());
}

#[test]
fn what_is_missing_or_wrong_is_told_and_what_was_typed_is_kept() {
    let site = Site::new();
    let link = link(&site);
    let browser = Browser::new(&site);
    let page = browser.get(&link);
    for (fields, words) in [
        (["", PASSWORD, PASSWORD], "Enter a username"),
        (["ada", PASSWORD, ""], "the same password twice"),
        (["ada", PASSWORD, "something else"], "differ"),
        (["ada", "short", "short"], "too short"),
        (["a da", PASSWORD, PASSWORD], "white space"),
        (["alice", PASSWORD, PASSWORD], "is taken"),
    ] {
        let again = fill_in(&browser, &page, fields);
        assert_eq!(again.status, 200);
        assert!(again.body.contains(words), "{words}: {}", again.body);
        assert!(again.body.contains("value=\"ada@example.org\"") && !again.body.contains(PASSWORD));
    }
    assert!(fill_in(&browser, &page, ["ada", PASSWORD, PASSWORD]).body.contains("Your account"));
}

#[test]
fn a_link_that_was_replaced_or_guessed_is_a_page_that_says_so() {
    let site = Site::new();
    let (old, new) = (link(&site), link(&site));
    let browser = Browser::new(&site);
    let page = browser.get(&new);
    for dead in [&*old, "/setup/x", "/setup/%20"] {
        let reply = browser.get(dead);
        reply.assert_error_page(410, "setup_over");
        assert!(reply.body.contains("newest link"), "{}", reply.body);
    }
    let csrf = page.csrf();
    let form = [("csrf", &*csrf), ("login", "eve"), ("new", PASSWORD), ("repeated", PASSWORD)];
    browser.post(&old, &form).assert_error_page(410, "setup_over");
    browser
        .post_from("https://evil.example", &new, &form)
        .assert_error_page(400, "invalid_request");
    let forged = [("csrf", "x"), ("login", "eve"), ("new", PASSWORD), ("repeated", PASSWORD)];
    browser.post(&new, &forged).assert_error_page(400, "invalid_request");
    assert_eq!(browser.get("/setup").status, 404);
    assert_eq!(browser.get(&new).status, 200, "nothing of that used the link up");
}
