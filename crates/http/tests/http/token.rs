//! `/token`: the errors of RFC 6749 section 5.2, RFC 7636 section 4.6, RFC 8707 section 2.

use keywright_core::client::metadata::GrantType;
use keywright_testkit::World;
use keywright_testkit::world::CLIENT_SECRET;
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};

use crate::site::{Browser, CALLBACK, Reply, Site, code_form};

#[test]
fn a_code_becomes_tokens_that_no_cache_keeps() {
    let site = Site::new();
    let code = Browser::new(&site).grant(&[]).redirect_parameter("code");
    let reply = site.post_as_web("/token", &code_form(&code));
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(reply.header("content-type"), Some("application/json"));
    let tokens = reply.json();
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["scope"], "openid");
    for name in ["access_token", "id_token", "refresh_token"] {
        assert!(tokens[name].is_string(), "{name}: {tokens}");
    }
    let replayed = site.post_as_web("/token", &code_form(&code));
    assert_eq!(replayed.refusal(), (400, "invalid_grant".into()));
}

#[test]
fn a_request_that_is_no_token_request_gets_its_code() {
    let site = Site::new();
    for (form, code) in [
        (&[][..], "invalid_request"),
        (&[("grant_type", "")], "invalid_request"),
        (&[("grant_type", "password")], "unsupported_grant_type"),
        (
            &[("grant_type", "urn:ietf:params:oauth:grant-type:device_code")],
            "unsupported_grant_type",
        ),
        (&[("grant_type", "authorization_code")], "invalid_request"),
        (&[("grant_type", "authorization_code"), ("code", "x")], "invalid_grant"),
        (&[("grant_type", "refresh_token")], "invalid_request"),
        (&[("grant_type", "refresh_token"), ("refresh_token", "x")], "invalid_grant"),
        (&[("grant_type", "client_credentials"), ("scope", "a\"b")], "invalid_scope"),
        (
            &[("grant_type", "client_credentials"), ("resource", "https://nowhere.example")],
            "invalid_target",
        ),
        (&[("grant_type", "a"), ("grant_type", "a")], "invalid_request"),
    ] {
        assert_eq!(site.post_as_web("/token", form).refusal(), (400, code.into()), "{form:?}");
    }
}

#[test]
fn a_code_with_the_wrong_proof_is_an_invalid_grant_and_is_not_spent() {
    let site = Site::new();
    site.add_client("other", |_| ());
    let code = Browser::new(&site).grant(&[]).redirect_parameter("code");
    let right = code_form(&code);
    for (name, wrong) in [
        ("code_verifier", "x".repeat(43)),
        ("code_verifier", String::new()),
        ("redirect_uri", format!("{CALLBACK}/")),
    ] {
        let form = right.map(|(n, value)| (n, if n == name { wrong.as_str() } else { value }));
        let reply = site.post_as_web("/token", &form);
        let (status, code) = reply.refusal();
        assert_eq!(status, 400);
        assert!(code == "invalid_grant" || wrong.is_empty() && code == "invalid_request", "{code}");
    }
    let stolen = site.request(Method::POST, "/token").basic_auth("other", Some(CLIENT_SECRET));
    assert_eq!(Reply::of(stolen.form(&right)).refusal(), (400, "invalid_grant".into()));
    assert_eq!(site.post_as_web("/token", &right).status, 200);
}

#[test]
fn a_client_without_the_grant_is_unauthorized() {
    let site = Site::new();
    site.add_client("narrow", |metadata| {
        metadata.grant_types = vec![GrantType::AuthorizationCode];
    });
    for grant in [
        &[("grant_type", "client_credentials")][..],
        &[("grant_type", "refresh_token"), ("refresh_token", "x")],
    ] {
        let request =
            site.request(Method::POST, "/token").basic_auth("narrow", Some(CLIENT_SECRET));
        let reply = Reply::of(request.form(grant));
        assert_eq!(reply.refusal(), (400, "unauthorized_client".into()), "{grant:?}");
    }
}

#[test]
fn a_client_that_tried_basic_or_nothing_is_challenged() {
    let site = Site::new();
    let form = [("grant_type", "client_credentials")];
    let anonymous = site.post("/token", &form);
    let wrong = site.request(Method::POST, "/token").basic_auth("web", Some("wrong")).form(&form);
    let unknown = site.request(Method::POST, "/token").basic_auth("nobody", Some("x")).form(&form);
    for reply in [anonymous, Reply::of(wrong), Reply::of(unknown)] {
        assert_eq!(reply.refusal(), (401, "invalid_client".into()));
        assert_eq!(reply.header("www-authenticate"), Some("Basic realm=\"keywright\""));
    }
    let in_body = [form[0], ("client_id", "web"), ("client_secret", "wrong")];
    let reply = site.post("/token", &in_body);
    assert_eq!(reply.refusal(), (401, "invalid_client".into()));
    assert_eq!(reply.header("www-authenticate"), None);
}

#[test]
fn two_ways_of_authentication_are_an_invalid_request() {
    let site = Site::new();
    let form = [("grant_type", "client_credentials"), ("client_secret", CLIENT_SECRET)];
    assert_eq!(site.post_as_web("/token", &form).refusal(), (400, "invalid_request".into()));
}

#[test]
fn a_broken_authorization_header_is_an_invalid_client_with_a_challenge() {
    let site = Site::new();
    for header in ["Basic", "Basic !", "Basic d2Vi", "Basic d2ViOng", "Basic //86eA==", "Bearer x"]
    {
        let request = site.request(Method::POST, "/token").header(AUTHORIZATION, header);
        let reply = Reply::of(request.form(&[("grant_type", "client_credentials")]));
        assert_eq!(reply.refusal(), (401, "invalid_client".into()), "{header}");
        assert!(reply.header("www-authenticate").unwrap().starts_with("Basic "), "{header}");
    }
}

#[test]
fn only_a_form_is_read() {
    let site = Site::new();
    for content_type in ["application/json", "text/plain", "multipart/form-data; boundary=x"] {
        let request = site
            .request(Method::POST, "/token")
            .basic_auth("web", Some(CLIENT_SECRET))
            .header(CONTENT_TYPE, content_type)
            .body("grant_type=client_credentials");
        let reply = Reply::of(request);
        assert_eq!(reply.refusal(), (400, "invalid_request".into()), "{content_type}");
    }
    let with_charset = site
        .request(Method::POST, "/token")
        .basic_auth("web", Some(CLIENT_SECRET))
        .header(CONTENT_TYPE, "Application/X-WWW-Form-URLEncoded; charset=UTF-8")
        .body("grant_type=client_credentials");
    assert_eq!(Reply::of(with_charset).status, 200);
    // Parameters of the query are none (RFC 6749 section 2.3.1).
    let path = "/token?grant_type=client_credentials";
    assert_eq!(site.post_as_web(path, &[]).refusal(), (400, "invalid_request".into()));
}

#[test]
fn a_public_client_shows_its_name_and_its_verifier() {
    let site = Site::new();
    site.world.add_client("tool", World::native_client());
    let browser = Browser::new(&site);
    let callback = "http://127.0.0.1:49152/cb";
    let changes = [("client_id", "tool"), ("redirect_uri", callback)];
    let consent = browser.log_in(&browser.authorize(&changes));
    let answer = browser.press(&consent, &[], "accept");
    assert!(answer.location().starts_with(callback), "{answer:?}");
    let code = answer.redirect_parameter("code");
    let form = code_form(&code).map(|(n, v)| (n, if n == "redirect_uri" { callback } else { v }));
    let form = [&form[..], &[("client_id", "tool")]].concat();
    assert_eq!(site.post("/token", &form).status, 200);
}

#[test]
fn a_refresh_token_is_rotated() {
    let site = Site::new();
    let tokens = site.tokens("openid offline_access");
    let first = tokens["refresh_token"].as_str().unwrap();
    let form = [("grant_type", "refresh_token"), ("refresh_token", first)];
    let reply = site.post_as_web("/token", &form);
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_ne!(reply.json()["refresh_token"], tokens["refresh_token"]);
    let wider = [form[0], form[1], ("scope", "openid email")];
    assert_eq!(site.post_as_web("/token", &wider).refusal(), (400, "invalid_scope".into()));
}

#[test]
fn no_token_leaves_before_its_commit_is_durable() {
    let (site, store) = Site::held();
    let first = site.tokens("openid")["refresh_token"].as_str().unwrap().to_owned();
    let form = [("grant_type", "refresh_token"), ("refresh_token", &*first)];
    store.hold();
    std::thread::scope(|scope| {
        let failed = scope.spawn(|| site.post_as_web("/token", &form));
        store.await_one();
        store.fail();
        let failed = failed.join().unwrap();
        assert_eq!(failed.refusal(), (503, "temporarily_unavailable".into()));
        assert!(failed.header("retry-after").is_some());
        let answered = scope.spawn(|| site.post_as_web("/token", &form));
        store.await_one();
        assert!(!answered.is_finished());
        store.keep();
        let answered = answered.join().unwrap();
        assert_eq!(answered.status, 200, "{}", answered.body);
    });
}
