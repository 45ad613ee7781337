//! `keywright users import`.

use keywright_core::account::password::verify;
use keywright_core::secret::Secret;
use keywright_core::store::{AuditFilter, StoreExt as _};
use serde_json::{Value, json};

use crate::sandbox::Sandbox;
use crate::users::stored_password;

const PASSWORD: &str = "correct horse battery staple";
const PBKDF2: &str = "pbkdf2_sha256$1000$seasalt$3xmXbyk2QpiyNcnoBbzRPwEBsYPTbDlRdtmLyBvQltA=";
const BCRYPT: &str = "$2y$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG";

fn logins(sandbox: &Sandbox) -> Vec<String> {
    let users = sandbox.run(&["users", "list", "-o", "json"]).json();
    users.as_array().unwrap().iter().map(|user| user["login"].as_str().unwrap().into()).collect()
}

fn show(sandbox: &Sandbox, login: &str) -> Value {
    sandbox.run(&["users", "show", login, "-o", "json"]).json()
}

fn with_file(name: &str, text: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write(name, text);
    sandbox
}

#[test]
fn a_csv_file_becomes_users_with_their_passwords_claims_groups_and_roles() {
    let text = format!(
        "\u{feff}login,password_hash,subject,email,email_verified,name,given_name,family_name,\
         groups,roles,disabled,claims\r\n\
         Ada,{PBKDF2},42,ada@example.org,true,\"Lovelace, Ada\",Ada,Lovelace,staff; ops,admin,,\
         \"{{\"\"zoneinfo\"\":\"\"Europe/London\"\"}}\"\r\n\
         bob,,,,,,,,,,yes,\r\n"
    );
    let sandbox = with_file("users.csv", &text);
    let ran = sandbox.run(&["users", "import", "users.csv"]);
    assert_eq!(ran.err, "", "a progress bar belongs on a terminal");
    assert_eq!(ran.ok(), "imported 2 of 2 users\n");
    let ada = show(&sandbox, "ada");
    assert_eq!(ada["subject"], "42");
    assert_eq!(ada["groups"], json!(["staff", "ops"]));
    assert_eq!(ada["roles"], json!(["admin"]));
    assert_eq!(ada["status"], "enabled");
    assert_eq!(
        ada["claims"],
        json!({
            "zoneinfo": "Europe/London",
            "email": "ada@example.org",
            "email_verified": true,
            "name": "Lovelace, Ada",
            "given_name": "Ada",
            "family_name": "Lovelace",
        })
    );
    assert!(verify(&Secret::new(PASSWORD), &stored_password(&sandbox, "ada")));
    let bob = show(&sandbox, "bob");
    assert_eq!((&bob["status"], &bob["claims"]), (&json!("disabled"), &json!({})));
    let told = sandbox.run_with(&["users", "set-password", "bob"], "a password for bob");
    assert_eq!(told.status, Some(0), "{}", told.err);
}

#[test]
fn json_lines_become_users_and_blank_lines_nothing() {
    let ada = json!({
        "username": "ada", "password": BCRYPT, "groups": ["staff"], "disabled": false,
        "email_verified": null, "claims": {"locale": "en", "address": {"country": "UK"}},
    });
    let sandbox = with_file("users.jsonl", &format!("{ada}\n\n  \n{{\"login\":\"bob\"}}"));
    let report = sandbox.run(&["users", "import", "users.jsonl", "-o", "json"]).json();
    assert_eq!(report, json!({"read": 2, "imported": 2, "dry_run": false, "refused": []}));
    assert_eq!(show(&sandbox, "ada")["claims"], ada["claims"]);
    assert_eq!(stored_password(&sandbox, "ada"), BCRYPT);
    assert_eq!(logins(&sandbox), ["ada", "bob"]);
}

#[test]
fn what_django_exports_is_read_under_djangos_names() {
    let text = format!(
        "id,password,last_login,username,first_name,last_name,email,is_active\n\
         1,{PBKDF2},,ada,Ada,Lovelace,ada@example.org,1\n\
         2,!imC6ePyMSjlVdj1wefdyli3XfLElux12XIqHvvY6,,bob,,,,0\n"
    );
    let sandbox = with_file("auth_user.csv", &text);
    let told = sandbox.run(&["users", "import", "auth_user.csv"]).refused();
    assert!(told.contains("the column \"id\" is unknown") && told.contains("--ignore"), "{told}");
    let import = ["users", "import", "auth_user.csv", "--ignore", "id", "--ignore", "last_login"];
    sandbox.run(&import).ok();
    assert_eq!(show(&sandbox, "ada")["claims"]["given_name"], "Ada");
    assert_eq!(show(&sandbox, "ada")["status"], "enabled");
    assert_eq!(show(&sandbox, "bob")["status"], "disabled");
}

#[test]
fn every_refused_line_is_told_with_its_reasons_and_nothing_is_imported() {
    let text = format!(
        "login,password,subject,email_verified,claims\n\
         good,{PBKDF2},,,\n\
         plain,correct horse battery staple,,,\n\
         costly,pbkdf2_sha256$99999999$salt$3xmXbyk2QpiyNcnoBbzRPwEBsYPTbDlRdtmLyBvQltA=,,,\n\
         a b,,\u{e9},perhaps,[]\n\
         short\n\
         ada,,,,\n\
         GOOD,,,,\n\
         other,,7,,\n\
         another,,7,,\n"
    );
    let sandbox = with_file("users.csv", &text);
    sandbox.run(&["users", "add", "ada", "--no-password"]).ok();
    let import = ["users", "import", "users.csv"];
    for more in [&["-o", "json"][..], &["-o", "json", "--dry-run"]] {
        let ran = sandbox.run(&[&import[..], more].concat());
        assert_eq!(ran.status, Some(1));
        assert!(ran.err.contains("error: 7 of 9 users were refused; nothing was imported"));
        assert!(ran.err.contains("--skip-refused"), "{}", ran.err);
        let report: Value = serde_json::from_str(&ran.out).unwrap();
        let refused = report["refused"].as_array().unwrap();
        let lines: Vec<_> = refused.iter().map(|why| why["line"].as_u64().unwrap()).collect();
        assert_eq!(lines, [3, 4, 5, 6, 7, 8, 10], "{report}");
        let reason = |at: usize| refused[at]["reason"].as_str().unwrap();
        assert!(reason(0).starts_with("password_hash: is of no known scheme"), "{report}");
        assert!(reason(1).contains("iteration count"), "{report}");
        for part in ["login: ", "subject: ", "email_verified: must be", "claims: must be"] {
            assert!(reason(2).contains(part), "{report}");
        }
        assert_eq!(reason(3), "has 1 cells where the heading has 5");
        assert_eq!(reason(4), "login: is taken");
        assert_eq!(reason(5), "login: is in line 2 already");
        assert_eq!(reason(6), "subject: is in line 9 already");
        assert!(!(ran.out + &ran.err).contains(PASSWORD), "a password in the clear is shown");
        assert_eq!(logins(&sandbox), ["ada"]);
    }
    let table = sandbox.run(&import);
    assert!(table.out.starts_with("LINE  LOGIN"), "{}", table.out);
    assert_eq!(table.out.lines().count(), 8, "{}", table.out);
}

#[test]
fn the_good_lines_are_imported_when_that_is_asked_for() {
    let text = "{\"login\":\"ada\"}\nnot json\n{\"login\":\"bob\",\"surname\":\"B\"}\n[]\n";
    let sandbox = with_file("users.ndjson", text);
    let import = ["users", "import", "users.ndjson", "--skip-refused"];
    let dry = sandbox.run(&[&import[..], &["--dry-run"]].concat()).ok();
    assert!(dry.ends_with("1 of 4 users can be imported\n"), "{dry}");
    assert_eq!(logins(&sandbox), [""; 0]);
    let told = sandbox.run(&import).ok();
    assert!(told.contains("surname: is unknown") && told.contains("is no JSON object"), "{told}");
    assert!(told.ends_with("imported 1 of 4 users\n"), "{told}");
    assert_eq!(logins(&sandbox), ["ada"]);
    let again = sandbox.run(&import).ok();
    assert!(again.contains("login: is taken"), "{again}");
}

#[test]
fn standard_input_is_read_when_its_format_is_named() {
    let sandbox = Sandbox::new();
    let told = sandbox.run_with(&["users", "import", "-"], "login\nada\n").refused();
    assert!(told.contains("--format csv"), "{told}");
    sandbox.run_with(&["users", "import", "-", "--format", "csv"], "login\nada\n").ok();
    assert_eq!(logins(&sandbox), ["ada"]);
}

#[test]
fn a_file_that_is_no_table_of_users_is_refused_as_a_whole() {
    let sandbox = Sandbox::new();
    let missing = sandbox.run(&["users", "import", "gone.csv"]).refused();
    assert!(missing.contains("gone.csv"), "{missing}");
    for (text, part) in [
        ("", "no column is called login"),
        ("name,email\n", "no column is called login"),
        ("login,username\n", "two columns for login"),
        ("login,plaintext\n", "the column \"plaintext\" is unknown"),
    ] {
        sandbox.write("users.csv", text);
        let told = sandbox.run(&["users", "import", "users.csv"]).refused();
        assert!(told.contains(part), "{told}");
    }
    sandbox.write("users.csv", "login\n");
    assert_eq!(sandbox.run(&["users", "import", "users.csv"]).ok(), "imported 0 of 0 users\n");
}

#[test]
fn every_imported_user_is_an_audit_event_and_a_refused_import_is_none() {
    let sandbox = with_file("users.csv", "login\nada\nbob\n");
    sandbox.run(&["users", "import", "users.csv"]).ok();
    sandbox.write("users.csv", "login\neve\nbob\n");
    assert_eq!(sandbox.run(&["users", "import", "users.csv"]).status, Some(1));
    let filter = AuditFilter { kind: Some("user.added".into()), ..AuditFilter::default() };
    let events = sandbox.database().read(|tx| Ok(tx.audit_events(&filter, 10)?)).unwrap();
    let mut lines: Vec<_> = events.iter().map(|event| event.details["import"].clone()).collect();
    lines.sort_by_key(Value::as_u64);
    assert_eq!(lines, [json!(2), json!(3)]);
    assert!(events.iter().all(|event| event.details["by"] == "command line"));
}
