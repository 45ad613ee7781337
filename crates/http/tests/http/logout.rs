//! `/logout` (OIDC RP-Initiated Logout 1.0).

use url::form_urlencoded::Serializer;

use crate::site::{Browser, Reply, Site, code_form};

const GOODBYE: &str = "https://app.example/bye";

/// Logs in at `web`; the ID token.
fn id_token(browser: &Browser<'_>) -> String {
    let code = browser.grant(&[]).redirect_parameter("code");
    let tokens = browser.site.post_as_web("/token", &code_form(&code)).json();
    tokens["id_token"].as_str().unwrap().to_owned()
}

fn query(parameters: &[(&str, &str)]) -> String {
    format!("/logout?{}", Serializer::new(String::new()).extend_pairs(parameters).finish())
}

fn is_logged_in(browser: &Browser<'_>) -> bool {
    browser.authorize(&[("prompt", "none")]).redirect_parameter("error") != "login_required"
}

fn clears_the_session(reply: &Reply) -> bool {
    let cookies = reply.headers.get_all("set-cookie").iter();
    cookies
        .filter_map(|cookie| cookie.to_str().ok())
        .any(|cookie| cookie.starts_with("keywright-session=;") && cookie.contains("Max-Age=0"))
}

#[test]
fn a_client_that_proves_who_asks_logs_its_user_out_at_once() {
    let site = Site::new();
    let browser = Browser::new(&site);
    let hint = id_token(&browser);
    assert!(is_logged_in(&browser));
    let parameters =
        [("id_token_hint", &*hint), ("post_logout_redirect_uri", GOODBYE), ("state", "s 1")];
    let reply = browser.get(&query(&parameters));
    assert_eq!(reply.location(), format!("{GOODBYE}?state=s+1"));
    assert!(clears_the_session(&reply), "{reply:?}");
    assert!(!is_logged_in(&browser));
}

#[test]
fn without_a_proof_the_user_is_asked() {
    let site = Site::new();
    let browser = Browser::new(&site);
    id_token(&browser);
    let parameters = [("client_id", "web"), ("post_logout_redirect_uri", GOODBYE)];
    let page = browser.get(&query(&parameters));
    assert!(page.body.contains("alice") && page.body.contains("Example App"), "{}", page.body);
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("form-action 'self' https:"), "{policy}");
    let stayed = browser.press(&page, &[], "deny");
    assert_eq!(stayed.status, 200);
    assert!(is_logged_in(&browser));
    let foreign = [("csrf", &*page.csrf()), ("decision", "accept")];
    browser.post_from("null", &page.action(), &foreign).assert_error_page(400, "invalid_request");
    assert!(is_logged_in(&browser));
    let left = browser.press(&page, &[], "accept");
    assert_eq!(left.location(), GOODBYE);
    assert!(clears_the_session(&left));
    assert!(!is_logged_in(&browser));
}

#[test]
fn a_post_is_stored_and_goes_on_at_a_get() {
    let site = Site::new();
    let browser = Browser::new(&site);
    let hint = id_token(&browser);
    let parked = browser.post_from("https://app.example", "/logout", &[("id_token_hint", &hint)]);
    assert!(parked.location().starts_with("/logout/"), "{parked:?}");
    let done = browser.get(parked.location());
    assert_eq!(done.status, 200);
    assert!(clears_the_session(&done));
    assert!(!is_logged_in(&browser));
}

#[test]
fn an_unregistered_target_is_a_page_and_no_logout() {
    let site = Site::new();
    let browser = Browser::new(&site);
    let hint = id_token(&browser);
    for parameters in [
        &[("id_token_hint", &*hint), ("post_logout_redirect_uri", "https://evil.example/")][..],
        &[("post_logout_redirect_uri", GOODBYE)],
        &[("id_token_hint", "garbage")],
        &[("client_id", "nobody"), ("post_logout_redirect_uri", GOODBYE)],
        &[("client_id", "web"), ("client_id", "web")],
        &[("client_id", "we\0b")],
    ] {
        let reply = browser.get(&query(parameters));
        assert_eq!((reply.status, reply.header("location")), (400, None), "{parameters:?}");
    }
    assert!(is_logged_in(&browser));
}
