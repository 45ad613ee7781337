//! `keywright users`.

use keywright_core::account::password::verify;
use keywright_core::id::Subject;
use keywright_core::secret::Secret;
use keywright_core::store::{CredentialKind, StoreExt as _};

use crate::sandbox::Sandbox;

const PASSWORD: &str = "correct horse battery staple";

/// What is stored of a user's password.
pub(crate) fn stored_password(sandbox: &Sandbox, login: &str) -> String {
    let row = sandbox.database().read(|tx| {
        let user = tx.find_user_by_login(login)?.unwrap();
        Ok(tx.find_credential(&user.id, CredentialKind::Password)?.unwrap())
    });
    String::from_utf8(row.unwrap().data).unwrap()
}

#[test]
fn a_user_is_added_on_an_empty_directory_with_a_password_from_standard_input() {
    let sandbox = Sandbox::new();
    let added = sandbox.run_with(
        &[
            "users",
            "add",
            "Ada",
            "--admin",
            "--email",
            "ada@example.com",
            "--name",
            "Ada L.",
            "--claim",
            "email_verified=true",
            "--claim",
            "zoneinfo=Europe/London",
            "--group",
            "staff",
            "-o",
            "json",
        ],
        &format!("{PASSWORD}\n"),
    );
    let user = added.json();
    assert_eq!(user["login"], "ada");
    assert_eq!(user["roles"], serde_json::json!(["admin"]));
    assert_eq!(user["groups"], serde_json::json!(["staff"]));
    assert_eq!(user["claims"]["email_verified"], true);
    assert_eq!(user["claims"]["zoneinfo"], "Europe/London");
    assert_eq!(user["status"], "enabled");
    assert_eq!(sandbox.run(&["users", "show", "ADA", "--output", "json"]).json(), user);
    let subject = user["subject"].as_str().unwrap();
    assert_eq!(sandbox.run(&["users", "show", subject, "-o", "json"]).json(), user);
    assert!(verify(&Secret::new(PASSWORD), &stored_password(&sandbox, "ada")));
}

#[test]
fn a_password_is_never_an_argument_and_never_printed() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.run(&["users", "add", "ada", "--password", PASSWORD]).status, Some(2));
    for args in [&["users", "add", "ada"][..], &["users", "set-password", "ada", "-o", "json"]] {
        let ran = sandbox.run_with(args, PASSWORD);
        assert_eq!(ran.status, Some(0), "{}", ran.err);
        assert!(!(ran.out + &ran.err).contains(PASSWORD));
    }
    for args in [&["users", "list", "-o", "json"][..], &["users", "show", "ada", "-o", "json"]] {
        let out = sandbox.run(args).ok();
        assert!(!out.contains(PASSWORD) && !out.contains("kw1$"), "{out}");
    }
}

#[test]
fn a_password_that_is_too_short_or_missing_adds_nobody() {
    let sandbox = Sandbox::new();
    for input in ["", "\n", "short\n", "two\nlines of text\n"] {
        let told = sandbox.run_with(&["users", "add", "ada"], input).refused();
        assert!(told.contains("hint: "), "{told}");
    }
    assert_eq!(sandbox.run(&["users", "list", "-o", "json"]).json(), serde_json::json!([]));
}

#[test]
fn a_taken_login_name_and_an_impossible_one_are_refused() {
    let sandbox = Sandbox::new();
    sandbox.run(&["users", "add", "ada", "--no-password"]).ok();
    let told = sandbox.run(&["users", "add", "ADA", "--no-password"]).refused();
    assert!(told.contains("\"ada\"") && told.contains("is taken"), "{told}");
    let told = sandbox.run(&["users", "add", "a b", "--no-password"]).refused();
    assert!(told.contains("white space"), "{told}");
}

#[test]
fn a_user_is_disabled_enabled_listed_and_removed() {
    let sandbox = Sandbox::new();
    sandbox.run(&["users", "add", "ada", "--no-password", "--subject", "42"]).ok();
    sandbox.run(&["users", "add", "bob", "--no-password"]).ok();
    assert_eq!(sandbox.run(&["users", "disable", "42", "-o", "json"]).json()["status"], "disabled");
    let list = sandbox.run(&["users", "list"]).ok();
    let lines: Vec<_> = list.lines().collect();
    assert_eq!(lines.len(), 3);
    assert!(lines[0].starts_with("LOGIN") && lines[1].starts_with("ada"), "{list}");
    assert!(lines[1].ends_with("disabled") && lines[2].ends_with("enabled"), "{list}");
    sandbox.run(&["users", "enable", "ada"]).ok();
    assert_eq!(sandbox.run(&["users", "show", "ada", "-o", "json"]).json()["status"], "enabled");
    sandbox.run(&["users", "remove", "ada"]).ok();
    let told = sandbox.run(&["users", "show", "ada"]).refused();
    assert!(told.contains("there is no user \"ada\"") && told.contains("users list"), "{told}");
    let gone = sandbox.database().read(|tx| Ok(tx.find_user_by_subject(&Subject::new("42"))?));
    assert!(gone.unwrap().is_none());
}

#[test]
fn a_new_password_replaces_the_old_one() {
    let sandbox = Sandbox::new();
    sandbox.run_with(&["users", "add", "ada"], PASSWORD).ok();
    sandbox.run_with(&["users", "set-password", "ada"], "another password\n").ok();
    let stored = stored_password(&sandbox, "ada");
    assert!(verify(&Secret::new("another password"), &stored));
    assert!(!verify(&Secret::new(PASSWORD), &stored));
}

#[test]
fn a_user_is_changed_and_keeps_the_subject() {
    let sandbox = Sandbox::new();
    let add = ["users", "add", "ada", "--no-password", "--group", "staff", "-o", "json"];
    let email = ["--email", "ada@example.org", "--claim", "email_verified=true"];
    let added = sandbox.run(&[&add[..], &email].concat()).json();
    sandbox.run(&["users", "add", "bob", "--no-password"]).ok();
    assert_eq!(sandbox.run(&["users", "change", "ada"]).status, Some(2));
    let change =
        |more: &[&str]| sandbox.run(&[&["users", "change", "ada", "-o", "json"], more].concat());
    let changed = change(&[
        "--email",
        "countess@example.org",
        "--add-group",
        "ops",
        "--add-group",
        "staff",
        "--remove-group",
        "nobody",
        "--admin",
        "--claim",
        "locale=en",
    ]);
    let changed = changed.json();
    assert_eq!(changed["groups"], serde_json::json!(["staff", "ops"]));
    assert_eq!(changed["roles"], serde_json::json!(["admin"]));
    let claims = serde_json::json!({"email": "countess@example.org", "locale": "en"});
    assert_eq!(changed["claims"], claims, "another address is not verified");
    let more = ["--remove-role", "admin", "--remove-group", "staff", "--remove-claim", "locale"];
    let changed = change(&more).json();
    assert_eq!((&changed["groups"][0], &changed["roles"][0]), (&"ops".into(), &().into()));
    assert_eq!(changed["claims"].get("locale"), None);
    assert!(change(&["--login", "bob"]).refused().contains("\"bob\" is taken"));
    let renamed = change(&["--login", "Countess"]).json();
    assert_eq!((&renamed["login"], &renamed["subject"]), (&"countess".into(), &added["subject"]));
}
