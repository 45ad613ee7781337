//! Every page with sample data, and with the names a hostile client would register.

use askama::Template;
use keywright_core::account::applications::Application;
use keywright_core::account::overview::{Overview, Profile};
use keywright_core::account::sessions::OwnSession;
use keywright_core::authorize::{ClientView, ScopeView};
use keywright_core::id::{ClientId, Sid};
use keywright_core::time::Timestamp;

use super::*;

const HOSTILE: &str =
    r#"" onfocus=alert(0) x='"><script>alert(1)</script>'&<img src=x onerror=alert(2)>"#;

fn client(name: &str) -> ClientView {
    ClientView {
        name: name.to_owned(),
        uri: Some("https://shop.example/".to_owned()),
        tos_uri: Some("https://shop.example/terms".to_owned()),
        policy_uri: Some("https://shop.example/privacy".to_owned()),
        redirect_host: "shop.example".to_owned(),
        redirect_uri: "https://shop.example/cb".to_owned(),
    }
}

fn scope(name: &str, resource: &str, description: &str) -> ScopeView {
    ScopeView {
        name: name.to_owned(),
        resource: resource.to_owned(),
        description: description.to_owned(),
    }
}

fn layout() -> Layout<'static> {
    Layout::new("/tenant/")
}

fn login(client: &ClientView, name: &str, problem: Option<LoginProblem>) -> String {
    let page = Login {
        layout: layout(),
        action: "/tenant/authorize/i1/login",
        csrf: "t0ken",
        client: Some(client),
        login: name,
        problem,
    };
    page.render().expect("the login page renders")
}

fn account_select(client: &ClientView, name: &str) -> String {
    let page = AccountSelect {
        layout: layout(),
        action: "/tenant/authorize/i1",
        csrf: "t0ken",
        client,
        login: name,
    };
    page.render().expect("the account page renders")
}

fn consent(client: &ClientView, name: &str, scopes: &[ScopeView]) -> String {
    let page = Consent {
        layout: layout(),
        action: "/tenant/authorize/i1",
        csrf: "t0ken",
        client,
        login: name,
        groups: ScopeGroup::by_resource(scopes),
    };
    page.render().expect("the consent page renders")
}

fn logout(client_name: Option<&str>, name: &str) -> String {
    let page = LogoutConfirm {
        layout: layout(),
        action: "/tenant/logout/i1",
        csrf: "t0ken",
        login: name,
        client_name,
    };
    page.render().expect("the logout page renders")
}

fn signed_out(ended: bool) -> String {
    SignedOut { layout: layout(), ended }.render().expect("the signed-out page renders")
}

fn error(code: &str, description: &str) -> String {
    let page = ErrorPage { layout: layout(), code, description, request_id: "0195-req" };
    page.render().expect("the error page renders")
}

fn form_post(redirect_uri: &str, state: &str) -> String {
    let page = FormPost {
        layout: layout(),
        redirect_uri,
        parameters: vec![("code", "c0de"), ("state", state)],
    };
    page.render().expect("the form_post page renders")
}

fn landing(issuer: &str) -> String {
    Landing { layout: layout(), issuer }.render().expect("the landing page renders")
}

fn own_login(name: &str) -> String {
    let page = Login {
        layout: layout(),
        action: "/tenant/authorize/i1/login",
        csrf: "t0ken",
        client: None,
        login: name,
        problem: None,
    };
    page.render().expect("the login page of our own renders")
}

fn overview(text: &str) -> Overview {
    let session = |is_this| OwnSession {
        sid: Sid::new(text),
        browser: text.to_owned(),
        created_at: Timestamp(1_700_000_000),
        last_seen_at: Timestamp(1_700_000_600),
        is_this,
    };
    let application = Application {
        client_id: ClientId::new(text),
        name: text.to_owned(),
        scopes: vec![scope("openid", "", "Know who you are"), scope(text, text, text)],
        since: Timestamp(1_700_000_000),
        offline: true,
    };
    let profile = Profile {
        login: text.to_owned(),
        name: Some(text.to_owned()),
        email: Some(text.to_owned()),
        groups: vec!["staff".to_owned(), text.to_owned()],
        roles: vec![text.to_owned()],
        password_set_at: Some(Timestamp(1_700_000_000)),
    };
    let sessions = vec![session(true), session(false)];
    Overview { profile, sessions, applications: vec![application] }
}

fn account(overview: &Overview) -> String {
    Account::new(layout(), "t0ken", overview).render().expect("the account page renders")
}

fn change_password(login: &str, has_password: bool, problem: Option<PasswordProblem>) -> String {
    let page = ChangePassword { layout: layout(), csrf: "t0ken", login, has_password, problem };
    page.render().expect("the password page renders")
}

fn setup(text: &str, problem: Option<SetupProblem>) -> String {
    let page = Setup {
        layout: layout(),
        action: "/tenant/setup/t",
        csrf: "t0ken",
        login: text,
        name: text,
        email: text,
        problem,
    };
    page.render().expect("the setup page renders")
}

fn every_page(text: &str) -> Vec<String> {
    let client = client(text);
    vec![
        login(&client, text, Some(LoginProblem::Rejected)),
        account_select(&client, text),
        consent(&client, text, &[scope(text, text, text)]),
        logout(Some(text), text),
        signed_out(true),
        signed_out(false),
        error(text, text),
        form_post(text, text),
        landing(text),
        own_login(text),
        account(&overview(text)),
        change_password(text, true, Some(PasswordProblem::Wrong)),
        change_password(text, false, None),
        setup(text, Some(SetupProblem::Incomplete)),
    ]
}

#[test]
fn every_page_has_a_language_a_title_a_viewport_and_one_heading() {
    for page in every_page("Shop") {
        assert!(page.starts_with("<!doctype html>\n<html lang=\"en\">"), "{page}");
        assert!(page.contains("name=\"viewport\" content=\"width=device-width, initial-scale=1\""));
        assert!(page.contains(" · Keywright</title>"), "{page}");
        assert_eq!(page.matches("<h1").count(), 1, "{page}");
        assert_eq!(page.matches("<main").count(), 1, "{page}");
    }
}

#[test]
fn every_page_takes_its_files_from_below_the_issuers_path() {
    for page in every_page("Shop") {
        assert!(page.contains("href=\"/tenant/static/keywright.css\""), "{page}");
        assert!(!page.contains("=\"/static/"), "{page}");
    }
}

#[test]
fn no_page_holds_inline_script_or_style() {
    for page in every_page("Shop") {
        assert!(!page.contains("<style"), "{page}");
        assert!(!page.contains(" style="), "{page}");
        assert!(!page.contains("javascript:"), "{page}");
        assert_eq!(page.matches("<script").count(), page.matches("<script src=\"/tenant/").count());
    }
}

#[test]
fn a_hostile_text_stays_text_on_every_page() {
    for page in every_page(HOSTILE) {
        assert!(!page.contains("<script>"), "{page}");
        assert!(!page.contains("<img src=x"), "{page}");
        assert!(!page.contains("\" onfocus"), "{page}");
    }
}

#[test]
fn a_client_link_that_could_run_a_script_is_not_a_link() {
    let mut client = client("Shop");
    client.uri = Some("javascript://x%0aalert(1)".to_owned());
    client.tos_uri = Some("data:text/html,x".to_owned());
    client.policy_uri = None;
    let page = login(&client, "", None);
    assert!(page.contains("<strong class=\"client\">Shop</strong>"), "{page}");
    assert!(!page.contains("javascript"), "{page}");
    assert!(!page.contains("data:"), "{page}");
}

#[test]
fn the_login_form_names_its_fields_for_password_managers() {
    let page = login(&client("Shop"), "", None);
    assert!(page.contains("action=\"/tenant/authorize/i1/login\""), "{page}");
    assert!(page.contains("name=\"csrf\" value=\"t0ken\""), "{page}");
    assert!(page.contains("autocomplete=\"username\""), "{page}");
    assert!(page.contains("autocomplete=\"current-password\""), "{page}");
    assert!(page.contains("name=\"decision\" value=\"deny\" formnovalidate"), "{page}");
    assert!(!page.contains("role=\"alert\""), "{page}");
}

#[test]
fn a_refused_login_says_so_and_keeps_the_name() {
    let page = login(&client("Shop"), "alice", Some(LoginProblem::Rejected));
    assert!(page.contains("role=\"alert\""), "{page}");
    assert!(page.contains("do not match"), "{page}");
    assert!(page.contains("value=\"alice\""), "{page}");
}

#[test]
fn a_throttled_login_says_how_long_to_wait() {
    for (seconds, words) in [(1, "a second"), (45, "45 seconds"), (91, "2 minutes")] {
        let problem = LoginProblem::Wait { seconds };
        assert!(problem.to_string().ends_with(&format!("Try again in {words}.")), "{problem}");
    }
}

#[test]
fn consent_lists_each_scope_in_words_under_its_resource() {
    let scopes = [
        scope("read", "Orders", "Read your orders"),
        scope("openid", "", "Know who you are"),
        scope("write", "Orders", "Change your orders"),
    ];
    let groups = ScopeGroup::by_resource(&scopes);
    let resources: Vec<_> = groups.iter().map(|group| group.resource).collect();
    assert_eq!(resources, ["", "Orders"]);

    let page = consent(&client("Shop"), "alice", &scopes);
    let mut at = 0;
    for text in ["About you", "Know who you are", "In Orders", "Read your", "Change your"] {
        let found = page[at..].find(text);
        at += found.unwrap_or_else(|| panic!("{text} is missing or out of order: {page}"));
    }
    assert!(page.contains("You will return to <strong>shop.example</strong>"), "{page}");
    for decision in ["accept", "deny", "other"] {
        assert!(page.contains(&format!("name=\"decision\" value=\"{decision}\"")), "{page}");
    }
}

#[test]
fn consent_says_when_the_answer_goes_to_an_app_on_the_device() {
    let mut client = client("Shop");
    client.redirect_uri = "http://127.0.0.1:9000/cb".to_owned();
    client.redirect_host = "127.0.0.1".to_owned();
    let page = consent(&client, "alice", &[]);
    assert!(page.contains("an app on this device, <strong>127.0.0.1</strong>"), "{page}");
}

#[test]
fn an_error_names_its_code_and_request_and_says_what_to_do() {
    for code in ["invalid_request", "server_error", "temporarily_unavailable", "not_found"] {
        let page = error(code, "what was wrong");
        for text in [code, "what was wrong", "0195-req"] {
            assert!(page.contains(text), "{text}: {page}");
        }
    }
    assert_ne!(error("server_error", ""), error("invalid_request", ""));
}

#[test]
fn the_posting_page_carries_every_parameter_and_a_button() {
    let page = form_post("https://shop.example/cb?a=1&b=2", "s\"1");
    assert!(page.contains("action=\"https://shop.example/cb?a=1&#38;b=2\""), "{page}");
    assert!(page.contains("name=\"code\" value=\"c0de\""), "{page}");
    assert!(page.contains("name=\"state\" value=\"s&#34;1\""), "{page}");
    assert!(page.contains("<button"), "{page}");
    assert!(page.contains("src=\"/tenant/static/form_post.js\""), "{page}");
}

#[test]
fn a_posting_page_keeps_its_code_out_of_debug_output() {
    let page = FormPost {
        layout: layout(),
        redirect_uri: "https://shop.example/cb",
        parameters: vec![("code", "c0de")],
    };
    assert!(!format!("{page:?}").contains("c0de"));
}

#[test]
fn a_cancelled_logout_does_not_say_signed_out() {
    assert!(signed_out(true).contains("You are signed out"));
    assert!(!signed_out(false).contains("You are signed out"));
}

#[test]
fn the_account_page_offers_to_end_every_session_but_its_own() {
    let page = account(&overview("alice"));
    assert_eq!(page.matches("action=\"/tenant/account/sessions\"").count(), 1, "{page}");
    assert!(page.contains("datetime=\"2023-11-14T22:13:20Z\">14 November 2023, 22:13 UTC<"));
    assert!(page.contains("Keeps access while you are signed out"), "{page}");
}

#[test]
fn an_account_without_anything_has_no_empty_lines() {
    let mut bare = overview("alice");
    let profile = &mut bare.profile;
    (profile.name, profile.email, profile.password_set_at) = (None, None, None);
    profile.groups.clear();
    profile.roles.clear();
    bare.applications.clear();
    let page = account(&bare);
    for absent in ["Name<", "E-mail", "Groups", "Roles", "Password", "Disconnect"] {
        assert!(!page.contains(absent), "{absent}: {page}");
    }
    assert!(page.contains("None. An application"), "{page}");
}

#[test]
fn every_problem_with_a_password_is_one_sentence() {
    for problem in [
        PasswordProblem::Incomplete,
        PasswordProblem::NotGood("Use another."),
        PasswordProblem::Wrong,
        PasswordProblem::Login(LoginProblem::Wait { seconds: 45 }),
    ] {
        let page = change_password("alice", true, Some(problem));
        assert!(page.contains(&format!("role=\"alert\" id=\"problem\">{problem}<")), "{page}");
        assert!(problem.to_string().ends_with('.'));
    }
}

#[test]
fn the_field_to_correct_is_marked_and_the_one_with_the_focus_tells_the_problem() {
    let password = |problem| change_password("alice", true, Some(problem));
    let first = |problem| setup("alice", Some(problem));
    for (page, wrong) in [
        (password(PasswordProblem::Wrong), Some("current")),
        (password(PasswordProblem::NotGood("Use another.")), Some("new")),
        (password(PasswordProblem::Login(LoginProblem::Busy)), None),
        (first(SetupProblem::Taken), Some("login")),
        (first(SetupProblem::Person("it has a space")), Some("login")),
        (first(SetupProblem::Password("Use another.")), Some("new")),
        (first(SetupProblem::Incomplete), None),
    ] {
        let inputs = page.split("<input ").skip(1).map(|input| input.split('>').next().unwrap());
        let having = |mark: &str| inputs.clone().filter(|input| input.contains(mark)).collect();
        let (marked, focused): (Vec<_>, Vec<_>) =
            (having("aria-invalid=\"true\""), having(" autofocus"));
        let names: Vec<_> = marked.iter().filter_map(|input| input.split('"').nth(1)).collect();
        assert_eq!(names, wrong.into_iter().collect::<Vec<_>>(), "{page}");
        assert_eq!(focused.len(), 1, "{page}");
        for input in [marked, focused].concat() {
            assert!(input.contains("aria-describedby=\"problem"), "{input}");
        }
    }
}
