//! The account pages.

use keywright_core::account::throttle::Policy;
use keywright_core::provider::Settings;
use keywright_core::store::StoreExt as _;
use keywright_core::time::Seconds;
use keywright_testkit::World;
use keywright_testkit::world::PASSWORD;
use reqwest::Method;

use crate::site::{Browser, Reply, Site, code_form};

const NEW: &str = "an entirely new password";

/// A browser in which `alice` has come to her account page.
fn at_home(site: &Site) -> (Browser<'_>, Reply) {
    let browser = Browser::new(site);
    let page = browser.log_in(&browser.get(&format!("{}/account", site.base)));
    let account = browser.get(page.location());
    assert_eq!(account.status, 200, "{account:?}");
    (browser, account)
}

/// Tokens of `web`, got in this browser; `alice` is logged in already.
fn tokens(browser: &Browser<'_>, scope: &str) -> serde_json::Value {
    let page = browser.authorize(&[("scope", scope), ("prompt", "consent")]);
    let code = browser.press(&page, &[], "accept").redirect_parameter("code");
    browser.site.post_as_web("/token", &code_form(&code)).json()
}

fn is_active(site: &Site, token: &serde_json::Value) -> bool {
    let reply = site.post_as_web("/introspect", &[("token", token.as_str().unwrap())]);
    reply.json()["active"] == true
}

fn refreshed(site: &Site, tokens: &serde_json::Value) -> u16 {
    let token = tokens["refresh_token"].as_str().unwrap();
    let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
    site.post_as_web("/token", &form).status
}

fn is_signed_in(browser: &Browser<'_>) -> bool {
    browser.get("/account").body.contains("Your account")
}

/// The hidden value of this name, for the first entry that has one.
fn hidden(page: &Reply, name: &str) -> String {
    let (_, rest) = page.body.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
    rest.split('"').next().unwrap().to_owned()
}

fn change(browser: &Browser<'_>, fields: [&str; 3]) -> Reply {
    let page = browser.get("/account/password");
    let csrf = page.csrf();
    let [current, new, repeated] = fields;
    let form = [("csrf", &*csrf), ("current", current), ("new", new), ("repeated", repeated)];
    browser.post("/account/password", &form)
}

#[test]
fn a_visitor_logs_in_on_the_usual_page_and_comes_back() {
    let site = Site::at("http://127.0.0.1:8080/id");
    let browser = Browser::new(&site);
    let page = browser.get("/id/account");
    assert!(page.body.contains("to see your account"), "{}", page.body);
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.ends_with("form-action 'self'"), "{policy}");
    let wrong = browser.press(&page, &[("login", "alice"), ("password", "wrong")], "accept");
    assert!(wrong.body.contains("do not match"), "{}", wrong.body);
    let there = browser.log_in(&wrong);
    assert_eq!(there.location(), "/id/account");
    let account = browser.get("/id/account");
    for text in ["alice Example", "alice@example.org", "staff, ops", "This browser"] {
        assert!(account.body.contains(text), "{text}: {}", account.body);
    }
    assert!(!account.body.contains("<dt>Roles"), "{}", account.body);
}

#[test]
fn who_cancels_the_login_comes_to_the_landing_page() {
    let site = Site::new();
    let browser = Browser::new(&site);
    let page = browser.get("/account");
    assert_eq!(browser.press(&page, &[], "deny").location(), "/");
}

#[test]
fn the_issuers_address_leads_to_the_account_when_somebody_is_logged_in() {
    for base in ["", "/id"] {
        let site = Site::at(&format!("http://127.0.0.1:8080{base}"));
        let browser = Browser::new(&site);
        let landing = browser.get(&format!("{base}/"));
        assert!(landing.body.contains(&format!("href=\"{base}/account\"")), "{}", landing.body);
        let (browser, _) = at_home(&site);
        assert_eq!(browser.get(&format!("{base}/")).location(), format!("{base}/account"));
        let forged = Browser::new(&site);
        let name = "keywright-session".to_owned();
        forged.cookies.borrow_mut().insert(name, "A".repeat(43));
        assert_eq!(forged.get(&format!("{base}/")).status, 200);
    }
}

#[test]
fn password_managers_find_the_page_below_the_origin_and_below_the_issuer() {
    let site = Site::at("http://127.0.0.1:8080/id");
    for path in ["/.well-known/change-password", "/id/.well-known/change-password"] {
        assert_eq!(site.get(path).location(), "/id/account/password");
    }
    let (browser, _) = at_home(&site);
    let page = browser.get("/id/account/password");
    for kind in ["username", "current-password", "new-password"] {
        assert!(page.body.contains(&format!("autocomplete=\"{kind}\"")), "{kind}: {}", page.body);
    }
}

#[test]
fn a_changed_password_keeps_this_browser_and_ends_everything_else() {
    let site = Site::new();
    let (elsewhere, _) = at_home(&site);
    let (browser, _) = at_home(&site);
    let offline = tokens(&elsewhere, "openid offline_access");
    let cookie = browser.cookies.borrow()["keywright-session"].clone();
    let reply = change(&browser, [PASSWORD, NEW, NEW]);
    assert_eq!(reply.location(), "/account");
    assert_ne!(browser.cookies.borrow()["keywright-session"], cookie, "the cookie must change");
    assert!(is_signed_in(&browser) && !is_signed_in(&elsewhere));
    assert!(!is_active(&site, &offline["access_token"]));
    assert_eq!(refreshed(&site, &offline), 400);
    let stale = Browser::new(&site);
    stale.cookies.borrow_mut().insert("keywright-session".into(), cookie);
    assert!(!is_signed_in(&stale), "the cookie before the change still counts");
    let page = elsewhere.get("/account");
    let old = elsewhere.press(&page, &[("login", "alice"), ("password", PASSWORD)], "accept");
    assert!(old.body.contains("do not match"), "{}", old.body);
    let new = elsewhere.press(&page, &[("login", "alice"), ("password", NEW)], "accept");
    assert_eq!(new.location(), "/account");
}

#[test]
fn a_password_that_cannot_be_changed_is_explained_on_the_page() {
    let site = Site::new();
    let (browser, _) = at_home(&site);
    for (fields, words) in [
        (["wrong password", NEW, NEW], "not your current password"),
        ([PASSWORD, NEW, "another new one"], "differ"),
        ([PASSWORD, "short", "short"], "too short"),
        ([PASSWORD, PASSWORD, PASSWORD], "the old one"),
        ([PASSWORD, NEW, ""], "all three"),
    ] {
        let page = change(&browser, fields);
        assert_eq!(page.status, 200);
        assert!(page.body.contains(words), "{words}: {}", page.body);
        assert!(page.body.contains("role=\"alert\""));
        assert!(!page.body.contains(NEW) && !page.body.contains(PASSWORD), "a password came back");
    }
    assert!(is_signed_in(&browser));
}

#[test]
fn guessing_the_current_password_ends_in_a_wait() {
    let throttle = Policy::new([2, 0, 0], Seconds(2), Seconds(60), Seconds::hours(1));
    let settings = Settings { throttle, ..World::settings("http://127.0.0.1:8080") };
    let site = Site::start(settings, |_| ());
    let (browser, _) = at_home(&site);
    for _ in 0..2 {
        assert_eq!(change(&browser, ["wrong password", NEW, NEW]).status, 200);
    }
    let page = change(&browser, ["wrong password", NEW, NEW]);
    assert_eq!(page.status, 429);
    assert!(page.header("retry-after").is_some());
    assert!(page.body.contains("Too many attempts"), "{}", page.body);
    assert!(is_signed_in(&browser));
}

#[test]
fn who_has_no_password_is_told_so() {
    let site = Site::new();
    let (browser, account) = at_home(&site);
    assert!(account.body.contains("Change password"));
    site.world.scratch.execute("DELETE FROM credentials");
    let page = browser.get("/account/password");
    assert!(page.body.contains("has no password") && !page.body.contains("<form"), "{}", page.body);
    assert!(!browser.get("/account").body.contains("Change password"));
}

#[test]
fn a_session_is_ended_from_another_one() {
    let site = Site::new();
    let (lost, _) = at_home(&site);
    let (browser, _) = at_home(&site);
    let bound = tokens(&lost, "openid");
    let account = browser.get("/account");
    let (csrf, sid) = (account.csrf(), hidden(&account, "sid"));
    let reply = browser.post("/account/sessions", &[("csrf", &csrf), ("sid", &sid)]);
    assert_eq!(reply.location(), "/account");
    assert!(!is_signed_in(&lost) && is_signed_in(&browser));
    assert!(!is_active(&site, &bound["access_token"]));
    let again = browser.post("/account/sessions", &[("csrf", &csrf), ("sid", &sid)]);
    assert_eq!(again.location(), "/account", "a second click is no error");
}

#[test]
fn a_disconnected_applications_tokens_are_dead_at_once() {
    let site = Site::new();
    let (browser, account) = at_home(&site);
    assert!(account.body.contains("None. An application"), "{}", account.body);
    let offline = tokens(&browser, "openid email offline_access");
    assert!(is_active(&site, &offline["access_token"]));
    let account = browser.get("/account");
    for text in ["Example App", "See your e-mail address", "Keeps access while you are signed out"]
    {
        assert!(account.body.contains(text), "{text}: {}", account.body);
    }
    let form = [("csrf", &*account.csrf()), ("client_id", "web")];
    assert_eq!(browser.post("/account/applications", &form).location(), "/account");
    assert!(!is_active(&site, &offline["access_token"]));
    assert_eq!(refreshed(&site, &offline), 400);
    assert!(!browser.get("/account").body.contains("Example App"));
}

#[test]
fn signing_out_clears_the_cookie_here_and_everywhere_ends_the_others_too() {
    let site = Site::new();
    let (other, _) = at_home(&site);
    for (place, other_stays) in [("here", true), ("everywhere", false)] {
        let (browser, account) = at_home(&site);
        let form = [("csrf", &*account.csrf()), ("where", place)];
        let reply = browser.post("/account/sign-out", &form);
        assert_eq!(reply.location(), "/");
        assert_eq!(browser.cookies.borrow()["keywright-session"], "");
        assert!(!is_signed_in(&browser));
        assert_eq!(is_signed_in(&other), other_stays, "{place}");
    }
}

#[test]
fn forms_of_another_site_browser_or_session_do_nothing() {
    let site = Site::new();
    site.world.add_user("bob");
    let (browser, account) = at_home(&site);
    let offline = tokens(&browser, "openid offline_access");
    let csrf = account.csrf();
    let foreign = Browser::new(&site).get("/account").csrf();
    let forms = [
        ("/account/sessions", ("sid", "x")),
        ("/account/applications", ("client_id", "web")),
        ("/account/sign-out", ("where", "everywhere")),
        ("/account/password", ("current", PASSWORD)),
    ];
    let before = site.world.scratch.contents();
    for (path, field) in forms {
        for origin in ["https://evil.example", "null"] {
            let reply = browser.post_from(origin, path, &[("csrf", &csrf), field]);
            reply.assert_error_page(400, "invalid_request");
        }
        for csrf in ["", "x", &foreign] {
            let reply = browser.post(path, &[("csrf", csrf), field]);
            reply.assert_error_page(400, "invalid_request");
        }
        assert_eq!(site.request(Method::DELETE, path).send().unwrap().status(), 405);
    }
    assert!(site.world.scratch.contents() == before, "a refused form left a trace");
    assert!(is_active(&site, &offline["access_token"]));
}

#[test]
fn another_users_session_and_application_cannot_be_touched() {
    let site = Site::new();
    site.world.add_user("bob");
    let (alice, _) = at_home(&site);
    let hers = tokens(&alice, "openid offline_access");
    let bob = Browser::new(&site);
    let page = bob.get("/account");
    bob.press(&page, &[("login", "bob"), ("password", PASSWORD)], "accept");
    let csrf = bob.get("/account").csrf();
    let sids = site.world.provider.store.read(|tx| {
        let alice = keywright_core::id::UserId::new("user-alice");
        Ok(tx.sessions_of(&alice)?)
    });
    for session in sids.unwrap() {
        let form = [("csrf", &*csrf), ("sid", session.sid.as_str())];
        assert_eq!(bob.post("/account/sessions", &form).location(), "/account");
    }
    let form = [("csrf", &*csrf), ("client_id", "web")];
    assert_eq!(bob.post("/account/applications", &form).location(), "/account");
    assert!(is_signed_in(&alice) && is_active(&site, &hers["access_token"]));
}

#[test]
fn a_form_of_a_session_that_has_ended_leads_to_the_login_page() {
    let site = Site::new();
    let (browser, account) = at_home(&site);
    let csrf = account.csrf();
    site.world.scratch.execute("DELETE FROM sessions");
    for (path, field) in [
        ("/account/sessions", ("sid", "x")),
        ("/account/applications", ("client_id", "web")),
        ("/account/sign-out", ("where", "here")),
    ] {
        let reply = browser.post(path, &[("csrf", &csrf), field]);
        assert_eq!(reply.location(), "/account");
    }
    assert!(!is_signed_in(&browser));
}
