//! Authorization requests: where their errors go, and which page comes next.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keywright_core::account::login;
use keywright_core::authorize::{self, Decision, ResponseMode, Step};
use keywright_core::client::metadata::ClientMetadata;
use keywright_core::error::{Error, ErrorCode};
use keywright_core::secret::Secret;
use keywright_core::session::Browser;
use keywright_core::time::Seconds;
use keywright_testkit::World;

use crate::journey::{
    authorize, browser, finish, interaction, log_in, parameter, populate, refused, request,
    stranger, tokens,
};

fn begin(world: &World, client: &str, more: &[(&str, &str)]) -> Result<Step, Error> {
    authorize::begin(&world.provider, &request(client, more), &browser())
}

/// The error that the client gets.
fn answered(world: &World, client: &str, more: &[(&str, &str)]) -> String {
    match begin(world, client, more).unwrap() {
        Step::Answer(answer) => parameter(&answer, "error").expect("an error").to_owned(),
        page => panic!("a page: {page:?}"),
    }
}

#[test]
fn before_the_redirect_uri_is_trusted_the_error_is_a_page() {
    let world = World::new();
    populate(&world);
    for (more, code) in [
        (("client_id", ""), ErrorCode::InvalidRequest),
        (("client_id", "nobody"), ErrorCode::InvalidClient),
        (("client_id", "app\u{0}"), ErrorCode::InvalidClient),
        (("client_id", "äpp"), ErrorCode::InvalidClient),
        (("redirect_uri", ""), ErrorCode::InvalidRequest),
        (("redirect_uri", "https://evil.example/cb"), ErrorCode::InvalidRequest),
        (("redirect_uri", "https://app.example/cb/"), ErrorCode::InvalidRequest),
        (("redirect_uri", "https://app.example/cb\\@evil.example"), ErrorCode::InvalidRequest),
    ] {
        assert_eq!(refused(begin(&world, "app", &[more])), code, "{more:?}");
    }
    let mut twice = request("app", &[]);
    twice.push(("client_id".into(), "app".into()));
    let step = authorize::begin(&world.provider, &twice, &browser());
    assert_eq!(refused(step), ErrorCode::InvalidRequest);
}

#[test]
fn a_request_without_openid_need_not_name_the_only_redirect_uri() {
    let world = World::new();
    populate(&world);
    world.add_resource("notes", |_| ());
    let parameters = request("app", &[("redirect_uri", ""), ("scope", "notes:read")]);
    let answer = authorize(&world, &mut browser(), &parameters);
    assert_eq!(answer.redirect_uri, "https://app.example/cb");
    assert!(parameter(&answer, "code").is_some());
}

#[test]
fn what_is_too_long_to_wait_is_not_stored() {
    let world = World::new();
    populate(&world);
    let long = "x".repeat(17 * 1024);
    let step = begin(&world, "app", &[("state", &long)]);
    assert_eq!(refused(step), ErrorCode::InvalidRequest);
    let scopes = "openid ".repeat(257);
    assert_eq!(answered(&world, "app", &[("scope", &scopes)]), "invalid_scope");
}

/// Client, what its request changes, and the error that it gets.
const REFUSED: &[(&str, (&str, &str), &str)] = &[
    ("app", ("response_type", ""), "invalid_request"),
    ("app", ("response_type", "token"), "unsupported_response_type"),
    ("app", ("response_type", "code id_token"), "unsupported_response_type"),
    ("app", ("response_mode", "telepathy"), "invalid_request"),
    ("app", ("request", "e30.e30."), "request_not_supported"),
    ("app", ("request_uri", "https://x.example"), "request_uri_not_supported"),
    ("app", ("registration", "{}"), "registration_not_supported"),
    ("app", ("scope", "open\"id"), "invalid_scope"),
    ("strict", ("scope", "openid unknown"), "invalid_scope"),
    ("app", ("resource", "https://unknown.example"), "invalid_target"),
    ("app", ("code_challenge", ""), "invalid_request"),
    ("app", ("code_challenge", "short"), "invalid_request"),
    ("app", ("code_challenge_method", "plain"), "invalid_request"),
    ("app", ("code_challenge_method", ""), "invalid_request"),
    ("app", ("prompt", "none login"), "invalid_request"),
    ("app", ("max_age", "-1"), "invalid_request"),
    ("app", ("id_token_hint", "x.y.z"), "invalid_request"),
    ("app", ("claims", "email"), "invalid_request"),
    ("app", ("claims", r#"{"userinfo": {"email": 1}}"#), "invalid_request"),
    ("app", ("nonce", "a\u{0}b"), "invalid_request"),
    ("app", ("prompt", "none"), "login_required"),
    ("robot", ("state", "s"), "unauthorized_client"),
];

#[test]
fn after_that_it_goes_to_the_client_with_its_own_code() {
    let world = World::new();
    populate(&world);
    world.add_client("strict", ClientMetadata { strict_scope: true, ..World::web_client() });
    world.add_client("robot", ClientMetadata { grant_types: vec![], ..World::web_client() });
    for (client, more, code) in REFUSED {
        assert_eq!(answered(&world, client, &[*more]), *code, "{more:?}");
    }
    let mut twice = request("app", &[]);
    twice.push(("state".into(), "other".into()));
    let Step::Answer(answer) = authorize::begin(&world.provider, &twice, &browser()).unwrap()
    else {
        panic!("no answer")
    };
    assert_eq!(parameter(&answer, "error"), Some("invalid_request"));
    assert_eq!(parameter(&answer, "state"), None);
}

#[test]
fn an_error_travels_in_the_response_mode_that_was_asked_for() {
    let world = World::new();
    populate(&world);
    for (text, mode) in
        [("fragment", ResponseMode::Fragment), ("form_post", ResponseMode::FormPost)]
    {
        let more = [("response_mode", text), ("prompt", "none")];
        let Step::Answer(answer) = begin(&world, "app", &more).unwrap() else { panic!("a page") };
        assert_eq!(answer.mode, mode);
    }
}

#[test]
fn who_says_how_to_answer_in_a_request_object_alone_understands_that_there_is_no_such_thing() {
    let world = World::new();
    populate(&world);
    let object = |claims: &str| {
        let part = |json: &str| URL_SAFE_NO_PAD.encode(json);
        format!("{}.{}.", part(r#"{"alg":"none"}"#), part(claims))
    };
    for (claims, mode, state) in [
        (r#"{"response_mode":"form_post","state":"s 1"}"#, ResponseMode::FormPost, Some("s 1")),
        (r#"{"response_mode":7,"state":"a\u0000b"}"#, ResponseMode::Query, None),
        ("[]", ResponseMode::Query, None),
        ("", ResponseMode::Query, None),
    ] {
        let more = [("state", ""), ("request", &*object(claims))];
        let Step::Answer(answer) = begin(&world, "app", &more).unwrap() else { panic!("a page") };
        assert_eq!(parameter(&answer, "error"), Some("request_not_supported"));
        assert_eq!((answer.mode, parameter(&answer, "state")), (mode, state), "{claims}");
    }
    let beside = [("state", "mine"), ("request", &*object(r#"{"state":"yours"}"#))];
    let Step::Answer(answer) = begin(&world, "app", &beside).unwrap() else { panic!("a page") };
    assert_eq!(parameter(&answer, "state"), Some("mine"));
}

#[test]
fn unknown_and_empty_parameters_and_scopes_are_ignored() {
    let world = World::new();
    populate(&world);
    let mut parameters = request("app", &[("scope", "openid unknown groups"), ("display", "hat")]);
    let empty = |name: &str| (name.to_owned(), String::new());
    parameters.extend([("foo".into(), "bar".into()), empty("nonce"), empty("hat"), empty("hat")]);
    let answer = authorize(&world, &mut browser(), &parameters);
    assert!(parameter(&answer, "code").is_some());
}

#[test]
fn a_confidential_client_may_be_registered_without_pkce_and_a_public_one_may_not() {
    let world = World::new();
    populate(&world);
    world.add_client("old", ClientMetadata { require_pkce: false, ..World::web_client() });
    let without = [("code_challenge", ""), ("code_challenge_method", "")];
    let answer = authorize(&world, &mut browser(), &request("old", &without));
    assert!(parameter(&answer, "code").is_some());
    assert_eq!(answered(&world, "tool", &without), "invalid_request");
    let bad = ClientMetadata { require_pkce: false, ..World::native_client() };
    assert!(bad.problems().iter().any(|problem| problem.contains("PKCE")));
}

#[test]
fn a_user_logs_in_and_agrees_once_and_is_then_answered_at_once() {
    World::each(|world| {
        populate(&world);
        let mut browser = browser();
        let step = authorize::begin(&world.provider, &request("app", &[]), &browser).unwrap();
        let id = interaction(&step);
        assert!(matches!(&step, Step::Login { login: None, .. }));
        log_in(&world.provider, &mut browser, "alice");
        let step = authorize::resume(&world.provider, &id, &browser).unwrap();
        let Step::Consent { client, scopes, login, .. } = &step else { panic!("{step:?}") };
        assert_eq!((client.name.as_str(), login.as_str()), ("Example App", "alice"));
        assert_eq!(client.redirect_host, "app.example");
        assert_eq!(scopes.len(), 2);
        let answer = finish(&world.provider, &mut browser, step);
        assert!(parameter(&answer, "code").is_some());
        let again = authorize::begin(&world.provider, &request("app", &[]), &browser).unwrap();
        assert!(matches!(again, Step::Answer(_)));
        let more = request("app", &[("scope", "openid email")]);
        let step = authorize::begin(&world.provider, &more, &browser).unwrap();
        assert!(matches!(step, Step::Consent { .. }));
    });
}

#[test]
fn a_loopback_client_always_gets_a_click_and_never_prompt_none() {
    let world = World::new();
    populate(&world);
    world.add_client("own", ClientMetadata { first_party: true, ..World::native_client() });
    let mut browser = browser();
    for client in ["tool", "own"] {
        let uri = [("redirect_uri", "http://127.0.0.1:4711/cb")];
        let first = authorize(&world, &mut browser, &request(client, &uri));
        assert!(parameter(&first, "code").is_some());
        let step = authorize::begin(&world.provider, &request(client, &uri), &browser).unwrap();
        assert!(matches!(step, Step::Consent { .. }), "{client}");
        let silent = request(client, &[uri[0], ("prompt", "none")]);
        let answer = authorize(&world, &mut browser, &silent);
        assert_eq!(parameter(&answer, "error"), Some("consent_required"));
    }
}

#[test]
fn a_first_party_web_client_is_not_asked() {
    let world = World::new();
    populate(&world);
    world.add_client("own", ClientMetadata { first_party: true, ..World::web_client() });
    let mut browser = browser();
    log_in(&world.provider, &mut browser, "alice");
    let more = [("prompt", "none")];
    let answer = authorize(&world, &mut browser, &request("own", &more));
    assert!(parameter(&answer, "code").is_some());
}

#[test]
fn a_refusal_by_the_user_reaches_the_client_as_access_denied() {
    World::each(|world| {
        populate(&world);
        let browser = browser();
        let step = authorize::begin(&world.provider, &request("app", &[]), &browser).unwrap();
        let id = interaction(&step);
        authorize::decide(&world.provider, &id, &browser, Decision::Deny).unwrap();
        let step = authorize::resume(&world.provider, &id, &browser).unwrap();
        let Step::Answer(answer) = step else { panic!("a page") };
        assert_eq!(parameter(&answer, "error"), Some("access_denied"));
        let again = authorize::resume(&world.provider, &id, &browser);
        assert_eq!(refused(again), ErrorCode::InvalidRequest);
    });
}

#[test]
fn prompt_login_and_max_age_ask_again() {
    let world = World::new();
    populate(&world);
    let mut browser = browser();
    log_in(&world.provider, &mut browser, "alice");
    let before = browser.session.clone().unwrap();
    for more in [("prompt", "login"), ("max_age", "0")] {
        let step = authorize::begin(&world.provider, &request("app", &[more]), &browser).unwrap();
        assert!(matches!(&step, Step::Login { login: Some(_), .. }), "{more:?}");
        let answer = finish(&world.provider, &mut browser, step);
        assert!(parameter(&answer, "code").is_some());
    }
    assert_ne!(before.expose(), browser.session.as_ref().unwrap().expose());
    world.clock.advance(Seconds(61));
    let limited = request("app", &[("max_age", "60")]);
    let step = authorize::begin(&world.provider, &limited, &browser).unwrap();
    assert!(matches!(step, Step::Login { .. }));
}

#[test]
fn another_account_asks_for_a_login_even_right_after_one() {
    let world = World::new();
    populate(&world);
    let mut browser = browser();
    let step = authorize::begin(&world.provider, &request("app", &[]), &browser).unwrap();
    let id = interaction(&step);
    log_in(&world.provider, &mut browser, "alice");
    authorize::decide(&world.provider, &id, &browser, Decision::OtherAccount).unwrap();
    let step = authorize::resume(&world.provider, &id, &browser).unwrap();
    assert!(matches!(step, Step::Login { login: None, .. }));
    log_in(&world.provider, &mut browser, "bob");
    let step = authorize::resume(&world.provider, &id, &browser).unwrap();
    assert!(matches!(&step, Step::Consent { login, .. } if login == "bob"));
}

#[test]
fn the_id_token_hint_names_who_must_be_logged_in() {
    let world = World::new();
    populate(&world);
    let hint = tokens(&world, "openid").id_token.unwrap();
    let silently = [("id_token_hint", hint.as_str()), ("prompt", "none"), ("scope", "openid")];
    let hinted = request("app", &silently);
    let mut bob = browser();
    log_in(&world.provider, &mut bob, "bob");
    let answer = authorize(&world, &mut bob, &hinted);
    assert_eq!(parameter(&answer, "error"), Some("login_required"));
    let mut alice = browser();
    log_in(&world.provider, &mut alice, "alice");
    world.clock.advance(Seconds(3600));
    let answer = authorize(&world, &mut alice, &hinted);
    assert!(parameter(&answer, "code").is_some());
}

#[test]
fn an_interaction_belongs_to_its_browser_and_expires() {
    World::each(|world| {
        populate(&world);
        let own = browser();
        let step = authorize::begin(&world.provider, &request("app", &[]), &own).unwrap();
        let id = interaction(&step);
        let other = Browser { session: None, device: Secret::new("another") };
        let seen = authorize::resume(&world.provider, &id, &other);
        assert_eq!(refused(seen), ErrorCode::InvalidRequest);
        assert!(authorize::resume(&world.provider, &id, &own).is_ok());
        world.clock.advance(Seconds::hours(1));
        let late = authorize::resume(&world.provider, &id, &own);
        assert_eq!(refused(late), ErrorCode::InvalidRequest);
    });
}

#[test]
fn a_posted_request_is_parked_and_taken_up_once() {
    World::each(|world| {
        populate(&world);
        let browser = browser();
        let id = authorize::park(&world.provider, &request("app", &[])).unwrap();
        let step = authorize::resume(&world.provider, &id, &browser).unwrap();
        assert!(matches!(step, Step::Login { .. }));
        let again = authorize::resume(&world.provider, &id, &browser);
        assert_eq!(refused(again), ErrorCode::InvalidRequest);
    });
}

#[test]
fn a_wrong_password_an_unknown_name_and_a_disabled_user_look_alike() {
    let world = World::new();
    populate(&world);
    let try_in = |name: &str, password: &str| {
        let attempt = login::look_up(&world.provider, name, &stranger()).unwrap();
        let verdict = login::verify(&world.provider, &attempt, &Secret::new(password));
        login::finish(&world.provider, &attempt, &verdict, &browser(), "test")
    };
    let texts: Vec<String> = [("alice", "wrong"), ("nobody", "wrong"), ("", "")]
        .map(|(name, password)| try_in(name, password).unwrap_err().to_string())
        .to_vec();
    assert!(texts.iter().all(|text| *text == texts[0]));
    assert!(try_in(" ALICE ", keywright_testkit::world::PASSWORD).is_ok());
}

#[test]
fn another_user_in_the_same_browser_ends_the_session_of_the_first() {
    let world = World::new();
    populate(&world);
    let mut browser = browser();
    log_in(&world.provider, &mut browser, "alice");
    let first = browser.clone();
    log_in(&world.provider, &mut browser, "bob");
    let step = authorize::begin(&world.provider, &request("app", &[]), &first).unwrap();
    assert!(matches!(step, Step::Login { login: None, .. }));
}

#[test]
fn a_double_click_on_the_account_page_agrees_to_nothing_unseen() {
    World::each(|world| {
        populate(&world);
        let mut browser = browser();
        log_in(&world.provider, &mut browser, "alice");
        let asking = request("app", &[("prompt", "select_account")]);
        let step = authorize::begin(&world.provider, &asking, &browser).unwrap();
        assert!(matches!(step, Step::SelectAccount { .. }));
        let id = interaction(&step);
        for _ in 0..2 {
            let choice = Decision::ChooseAccount;
            authorize::decide(&world.provider, &id, &browser, choice).unwrap();
        }
        let step = authorize::resume(&world.provider, &id, &browser).unwrap();
        assert!(matches!(step, Step::Consent { .. }));
    });
}

#[test]
fn a_named_resource_is_something_to_agree_to_even_without_a_scope() {
    let world = World::new();
    populate(&world);
    world.add_resource("notes", |_| ());
    let mut browser = browser();
    authorize(&world, &mut browser, &request("app", &[("scope", "openid")]));
    let named = [("scope", "openid"), ("resource", "https://notes.example")];
    let step = authorize::begin(&world.provider, &request("app", &named), &browser).unwrap();
    let Step::Consent { scopes, .. } = step else { panic!("not asked") };
    assert!(scopes.iter().any(|scope| scope.resource == "notes"));
}

#[test]
fn scopes_of_a_resource_that_is_not_named_are_dropped_and_none_left_is_refused() {
    let world = World::new();
    populate(&world);
    world.add_resource("notes", |_| ());
    world.add_resource("mail", |_| ());
    let notes = ("resource", "https://notes.example");
    let mixed = [("scope", "openid mail:read notes:read"), notes];
    let Step::Login { interaction, .. } = begin(&world, "app", &mixed).unwrap() else {
        panic!("no page")
    };
    let mut browser = browser();
    log_in(&world.provider, &mut browser, "alice");
    let step = authorize::resume(&world.provider, &interaction, &browser).unwrap();
    let Step::Consent { scopes, .. } = step else { panic!("no consent") };
    let names: Vec<&str> = scopes.iter().map(|scope| scope.name.as_str()).collect();
    assert_eq!(names, ["openid", "notes:read"]);
    assert_eq!(answered(&world, "app", &[("scope", "mail:read"), notes]), "invalid_scope");
    assert_eq!(answered(&world, "app", &[("scope", "unknown")]), "invalid_scope");
}

#[test]
fn what_has_no_trusted_target_is_not_parked() {
    let world = World::new();
    populate(&world);
    let before = world.scratch.contents();
    let evil = request("app", &[("redirect_uri", "https://evil.example/")]);
    assert_eq!(refused(authorize::park(&world.provider, &evil)), ErrorCode::InvalidRequest);
    let long = request("app", &[("state", &"x".repeat(20_000))]);
    assert_eq!(refused(authorize::park(&world.provider, &long)), ErrorCode::InvalidRequest);
    assert!(world.scratch.contents() == before);
}
