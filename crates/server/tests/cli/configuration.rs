//! `keywright config`, and how a wrong configuration is told.

use crate::sandbox::{Sandbox, finish};

#[test]
fn a_missing_configuration_is_a_good_one() {
    assert_eq!(Sandbox::new().run(&["config", "check"]).ok(), "ok\n");
}

#[test]
fn every_problem_of_file_and_environment_is_told_at_once() {
    let sandbox = Sandbox::configured("isuer = 'x'\n[lifetimes]\ncode = 'soon'\n");
    let mut command = sandbox.command(&["config", "check"]);
    command.env("KEYWRIGHT_LISTN", "127.0.0.1:1").env("KEYWRIGHT_HTTP__WAIT", "long");
    let told = finish(command, "").refused();
    for part in [
        "4 problems",
        "isuer in keywright.toml: there is no such option; did you mean `issuer`?",
        "lifetimes.code in keywright.toml: write whole seconds",
        "KEYWRIGHT_LISTN: there is no such option; did you mean `KEYWRIGHT_LISTEN`?",
        "KEYWRIGHT_HTTP__WAIT: write whole seconds",
        "hint: `keywright config default`",
    ] {
        assert!(told.contains(part), "{part} is not in\n{told}");
    }
}

#[test]
fn the_printed_default_file_is_a_valid_configuration() {
    let sandbox = Sandbox::new();
    let text = sandbox.run(&["config", "default"]).ok();
    sandbox.write("keywright.toml", &text);
    assert_eq!(sandbox.run(&["config", "check"]).ok(), "ok\n");
}

#[test]
fn a_file_that_was_asked_for_must_exist() {
    let sandbox = Sandbox::new();
    let told = sandbox.run(&["--config", "other.toml", "config", "check"]).refused();
    assert!(told.contains("other.toml: cannot read this configuration file"), "{told}");
    let mut command = sandbox.command(&["config", "check"]);
    command.env("KEYWRIGHT_CONFIG", "another.toml");
    assert!(finish(command, "").refused().contains("another.toml"));
}

#[test]
fn wrong_usage_ends_with_status_2() {
    assert_eq!(Sandbox::new().run(&["users", "frobnicate"]).status, Some(2));
}

#[test]
fn postgresql_without_a_master_key_is_refused_before_it_is_asked() {
    let sandbox = Sandbox::configured("database.url = 'postgres://127.0.0.1:1/keywright'");
    for verb in [&["serve"][..], &["users", "list"]] {
        let told = sandbox.run(verb).refused();
        assert!(told.contains("PostgreSQL needs a master key"), "{told}");
        assert!(told.contains("KEYWRIGHT_MASTER_KEY_FILE"), "{told}");
    }
}

#[test]
fn a_secret_file_is_read_and_a_missing_one_is_told() {
    let sandbox = Sandbox::configured(
        "[[clients]]\nclient_id = 'c'\nclient_secret_file = 's'\n\
                                       grant_types = ['client_credentials']\n",
    );
    let told = sandbox.run(&["config", "check"]).refused();
    assert!(told.contains("clients[0] in keywright.toml: client_secret: cannot read s"), "{told}");
    sandbox.write("s", "0123456789012345678901234567890\n");
    let told = sandbox.run(&["config", "check"]).refused();
    assert!(told.contains("fewer than 32 characters"), "{told}");
    assert!(!told.contains("0123456789"), "the secret was printed: {told}");
    sandbox.write("s", "01234567890123456789012345678901\n");
    assert_eq!(sandbox.run(&["config", "check"]).ok(), "ok\n");
}

#[test]
fn a_malformed_master_key_is_told_without_being_shown() {
    let sandbox = Sandbox::configured("listen = 'nowhere'");
    let mut command = sandbox.command(&["config", "check"]);
    command.env("KEYWRIGHT_MASTER_KEY", "c2VjcmV0");
    let told = finish(command, "").refused();
    assert!(told.contains("2 problems") && told.contains("must be 32 bytes"), "{told}");
    assert!(!told.contains("c2VjcmV0"), "{told}");
}
