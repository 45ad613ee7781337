//! What the file declares is what the database has after a start.

use keywright_core::account::password::{hash, verify};
use keywright_core::random::OsRandom;
use keywright_core::secret::Secret;
use keywright_core::store::{CredentialKind, CredentialRow, StoreExt as _, Versions};

use crate::sandbox::Sandbox;
use crate::users::stored_password;

const CLIENT: &str = "[[clients]]
client_id = 'robot'
client_secret = 'the-secret-of-the-robot-which-is-long'
grant_types = ['client_credentials']
scope = 'notes:read'
";

const RESOURCE: &str = "[[resources]]
identifier = 'https://notes.example/api'
name = 'Notes'
scopes = [{ name = 'notes:read', description = 'Read your notes' }]
";

const USER: &str = "[[users]]
login = 'ada'
password = 'the first password'
claims = { name = 'Ada' }
";

fn everything() -> Sandbox {
    Sandbox::configured(&format!("{CLIENT}{RESOURCE}{USER}"))
}

fn versions(sandbox: &Sandbox) -> Versions {
    sandbox.database().read(|tx| Ok(tx.versions()?)).unwrap()
}

#[test]
fn what_is_declared_is_added_and_a_second_start_changes_nothing() {
    let sandbox = everything();
    let log = sandbox.restart();
    for change in ["wrote client robot", "added resource https://notes", "wrote user ada"] {
        assert!(log.contains(change), "{change} is not in\n{log}");
    }
    let before = versions(&sandbox);
    let password = stored_password(&sandbox, "ada");
    let log = sandbox.restart();
    assert!(!log.contains("configuration: "), "{log}");
    assert_eq!(versions(&sandbox), before);
    assert_eq!(stored_password(&sandbox, "ada"), password);
}

#[test]
fn what_is_gone_from_the_file_is_disabled_and_enabled_when_it_is_back() {
    let sandbox = everything();
    sandbox.restart();
    let status = || {
        let client = sandbox.run(&["clients", "show", "robot", "-o", "json"]).json();
        let user = sandbox.run(&["users", "show", "ada", "-o", "json"]).json();
        let resources = sandbox.database().read(|tx| Ok(tx.resources()?)).unwrap();
        let resource = resources[0].disabled_at.is_some();
        [client["status"] == "disabled", user["status"] == "disabled", resource]
    };
    assert_eq!(status(), [false; 3]);
    sandbox.write("keywright.toml", "");
    sandbox.restart();
    assert_eq!(status(), [true; 3]);
    sandbox.write("keywright.toml", &format!("{CLIENT}{RESOURCE}{USER}"));
    sandbox.restart();
    assert_eq!(status(), [false; 3]);
}

#[test]
fn a_changed_password_and_a_changed_secret_are_applied() {
    let sandbox = everything();
    sandbox.restart();
    let text = format!("{CLIENT}{RESOURCE}{USER}");
    let text = text.replace("the first password", "the second password");
    sandbox.write("keywright.toml", &text.replace("the-secret-of", "another-secret-of"));
    sandbox.restart();
    let stored = stored_password(&sandbox, "ada");
    assert!(verify(&Secret::new("the second password"), &stored));
    let client = sandbox.run(&["clients", "show", "robot", "-o", "json"]).json();
    let open = client["secrets"].as_array().unwrap().iter().filter(|s| s["expires_at"].is_null());
    assert_eq!(open.count(), 1, "{client}");
}

#[test]
fn a_password_that_its_user_chose_is_never_overwritten() {
    let sandbox = everything();
    sandbox.restart();
    let own = hash_of("a password of my own");
    store(&sandbox, "ada", &own, true);
    let text = format!("{CLIENT}{RESOURCE}{USER}");
    sandbox.write("keywright.toml", &text.replace("the first password", "the second password"));
    sandbox.restart();
    assert_eq!(stored_password(&sandbox, "ada"), own);
}

#[test]
fn a_declared_hash_of_another_program_is_stored_once_and_what_a_login_made_of_it_stays() {
    let hash = "pbkdf2_sha256$1000$seasalt$3xmXbyk2QpiyNcnoBbzRPwEBsYPTbDlRdtmLyBvQltA=";
    let file = format!("[[users]]\nlogin = 'ada'\npassword_hash = '{hash}'\n");
    let sandbox = Sandbox::configured(&file);
    sandbox.restart();
    assert_eq!(stored_password(&sandbox, "ada"), hash);
    let upgraded = hash_of("correct horse battery staple");
    store(&sandbox, "ada", &upgraded, false);
    sandbox.restart();
    assert_eq!(stored_password(&sandbox, "ada"), upgraded);
    let another = hash_of("another password");
    sandbox.write("keywright.toml", &file.replace(hash, &another));
    sandbox.restart();
    assert_eq!(stored_password(&sandbox, "ada"), another);
    sandbox.write("keywright.toml", &file);
    sandbox.restart();
    assert_eq!(stored_password(&sandbox, "ada"), hash);
    sandbox.write("keywright.toml", &file.replace("pbkdf2_sha256$1000", "pbkdf2_sha256$99999999"));
    let told = sandbox.run(&["config", "check"]).refused();
    assert!(told.contains("password_hash") && told.contains("iteration count"), "{told}");
}

fn hash_of(password: &str) -> String {
    hash(&OsRandom, &Secret::new(password), 4).unwrap()
}

/// Stores a password as a login or the account page would.
fn store(sandbox: &Sandbox, login: &str, hash: &str, set_by_user: bool) {
    let changed = sandbox.database().write(|tx| {
        let user = tx.find_user_by_login(login)?.unwrap();
        let row = tx.find_credential(&user.id, CredentialKind::Password)?.unwrap();
        let data = hash.as_bytes().to_vec();
        Ok(tx.put_credential(&CredentialRow { data, set_by_user, ..row })?)
    });
    changed.unwrap();
}

#[test]
fn what_the_command_line_added_is_not_taken_over() {
    let sandbox = Sandbox::new();
    sandbox.run(&["clients", "add", "robot", "--grant-type", "client_credentials"]).ok();
    sandbox.run(&["users", "add", "ada", "--no-password"]).ok();
    for (text, name) in [(CLIENT, "\"robot\""), (USER, "\"ada\"")] {
        sandbox.write("keywright.toml", text);
        let ran = sandbox.run(&["serve", "--listen", "127.0.0.1:0"]);
        assert_eq!(ran.status, Some(1));
        assert!(ran.err.contains(name) && ran.err.contains("remove"), "{}", ran.err);
    }
}

#[test]
fn the_command_line_does_not_change_what_the_file_declares() {
    let sandbox = everything();
    sandbox.restart();
    for verb in [
        &["clients", "rotate-secret", "robot"][..],
        &["clients", "disable", "robot"],
        &["users", "disable", "ada"],
    ] {
        let told = sandbox.run(verb).refused();
        assert!(told.contains("is declared in the configuration"), "{told}");
        assert!(told.contains("hint: change it there"), "{told}");
    }
}

#[test]
fn a_password_set_for_a_declared_user_stays_and_the_tokens_of_a_declared_client_can_be_revoked() {
    let sandbox = everything();
    sandbox.restart();
    store(&sandbox, "ada", &hash_of("a password that ada forgot"), true);
    sandbox.run_with(&["users", "set-password", "ada"], "a password from the desk").ok();
    let revoked = sandbox.run(&["clients", "revoke-tokens", "robot", "-o", "json"]).json();
    let log = sandbox.restart();
    assert!(!log.contains("configuration: "), "{log}");
    let stored = stored_password(&sandbox, "ada");
    assert!(verify(&Secret::new("a password from the desk"), &stored));
    let client = sandbox.run(&["clients", "show", "robot", "-o", "json"]).json();
    assert!(client["tokens_not_before"].is_string(), "{client}");
    assert_eq!(client["tokens_not_before"], revoked["tokens_not_before"]);
}

#[test]
fn what_the_file_has_no_more_can_be_removed_once_a_start_has_disabled_it() {
    let sandbox = everything();
    sandbox.restart();
    let removals = [
        ["clients", "remove", "robot"],
        ["resources", "remove", "https://notes.example/api"],
        ["users", "remove", "ada"],
    ];
    let refused = |hint: &str| {
        for verb in &removals {
            let told = sandbox.run(verb).refused();
            assert!(told.contains("is declared in the configuration"), "{told}");
            assert!(told.contains(hint), "{told}");
        }
    };
    refused("hint: take it out of the file");
    sandbox.write("keywright.toml", "");
    refused("hint: if its file has it no more, restart the server");
    sandbox.restart();
    // Whoever still has it in the file would get it back.
    sandbox.write("keywright.toml", &format!("{CLIENT}{RESOURCE}{USER}"));
    refused("hint: take it out of the file");
    sandbox.write("keywright.toml", "");
    for verb in &removals {
        sandbox.run(verb).ok();
    }
    sandbox.run(&["users", "add", "ada", "--no-password"]).ok();
    sandbox.run(&["clients", "add", "robot", "--grant-type", "client_credentials"]).ok();
}

#[test]
fn a_subject_cannot_be_changed_in_the_file() {
    let sandbox = everything();
    sandbox.restart();
    sandbox.write("keywright.toml", &format!("{USER}subject = 'another'\n"));
    let ran = sandbox.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(ran.status, Some(1));
    assert!(ran.err.contains("a subject is immutable"), "{}", ran.err);
    let client = sandbox.run(&["clients", "show", "robot", "-o", "json"]).json();
    assert_eq!(client["status"], "enabled", "a refused configuration must change nothing");
}
