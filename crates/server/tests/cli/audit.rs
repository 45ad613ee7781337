//! `keywright audit`: who changed what.

use serde_json::{Value, json};

use crate::sandbox::Sandbox;

fn events(sandbox: &Sandbox, filter: &[&str]) -> Vec<Value> {
    let read = sandbox.run(&[&["audit", "-o", "json"], filter].concat()).json();
    read.as_array().unwrap().clone()
}

fn kinds(events: &[Value]) -> Vec<&str> {
    let mut kinds: Vec<_> = events.iter().map(|event| event["kind"].as_str().unwrap()).collect();
    kinds.sort_unstable();
    kinds
}

#[test]
fn every_change_to_a_user_by_the_command_line_is_an_event() {
    let sandbox = Sandbox::new();
    sandbox.run(&["users", "add", "ada", "--no-password"]).ok();
    sandbox.run(&["users", "add", "bob", "--no-password"]).ok();
    sandbox.run_with(&["users", "set-password", "ada"], "a new password").ok();
    sandbox.run(&["users", "change", "ada", "--add-group", "staff"]).ok();
    sandbox.run(&["users", "change", "ada", "--add-group", "staff"]).ok();
    sandbox.run(&["users", "disable", "ada"]).ok();
    sandbox.run(&["users", "enable", "ada"]).ok();
    let found = events(&sandbox, &["--user", "Ada"]);
    let expected =
        ["password.changed", "user.added", "user.changed", "user.disabled", "user.enabled"];
    assert_eq!(kinds(&found), expected);
    for event in &found {
        assert_eq!(
            (&event["user"], &event["details"]["by"]),
            (&json!("ada"), &json!("command line"))
        );
        assert_eq!(event["request_id"], json!(null));
    }
    let changed = found.iter().find(|event| event["kind"] == "user.changed").unwrap();
    assert_eq!(changed["details"]["changed"], json!(["groups"]));
    assert_eq!(events(&sandbox, &["--kind", "user.added"]).len(), 2);
    assert_eq!(events(&sandbox, &["--kind", "user.added", "--limit", "1"]).len(), 1);
    assert_eq!(events(&sandbox, &["--since", "1h"]).len(), 6);
    assert_eq!(events(&sandbox, &["--since", "2099-01-01"]), [json!(null); 0]);
    let table = sandbox.run(&["audit", "--user", "bob"]).ok();
    let lines: Vec<_> = table.lines().collect();
    assert!(lines.len() == 2 && lines[0].starts_with("AT ") && lines[1].contains("user.added"));
}

#[test]
fn a_user_who_is_gone_is_still_told_of() {
    let sandbox = Sandbox::new();
    sandbox.run(&["users", "add", "ada", "--no-password"]).ok();
    sandbox.run(&["users", "remove", "ada"]).ok();
    let removed = events(&sandbox, &["--kind", "user.removed"]);
    assert_eq!(removed[0]["details"]["login"], "ada");
    let id = removed[0]["user"].as_str().unwrap();
    assert_eq!(kinds(&events(&sandbox, &["--user", id])), ["user.added", "user.removed"]);
}

#[test]
fn a_filter_that_names_nothing_is_refused() {
    let sandbox = Sandbox::new();
    let told = sandbox.run(&["audit", "--user", "nobody"]).refused();
    assert!(told.contains("there is no user \"nobody\""), "{told}");
    let told = sandbox.run(&["audit", "--kind", "user.renamed"]);
    assert!(told.status == Some(2) && told.err.contains("user.changed"), "{}", told.err);
    assert_eq!(sandbox.run(&["audit", "--since", "yesterday"]).status, Some(2));
}

#[test]
fn what_the_configuration_changes_is_an_event_and_a_restart_is_none() {
    let file = "[[clients]]
client_id = 'robot'
client_secret = 'the-secret-of-the-robot-which-is-long'
grant_types = ['client_credentials']
[[resources]]
identifier = 'https://api.example'
name = 'API'
[[users]]
login = 'ada'
password = 'the first password'
";
    let sandbox = Sandbox::configured(file);
    sandbox.restart();
    let from_file = || {
        let all = events(&sandbox, &["--limit", "100"]);
        let by = |event: &Value| event["details"]["by"] == "configuration";
        all.into_iter().filter(by).collect::<Vec<_>>()
    };
    let added = ["client.added", "password.changed", "resource.added", "user.added"];
    assert_eq!(kinds(&from_file()), added);
    sandbox.restart();
    assert_eq!(from_file().len(), added.len());
    sandbox.write("keywright.toml", &file.replace("the-secret-of", "another-secret-of"));
    sandbox.restart();
    assert_eq!(kinds(&from_file()).iter().filter(|k| **k == "client.secret_rotated").count(), 1);
    sandbox.write("keywright.toml", "");
    sandbox.restart();
    sandbox.write("keywright.toml", file);
    sandbox.restart();
    let after = from_file();
    for thing in ["client", "resource", "user"] {
        for verb in ["disabled", "enabled"] {
            let kind = format!("{thing}.{verb}");
            assert!(kinds(&after).contains(&kind.as_str()), "{kind} is not in {:?}", kinds(&after));
        }
    }
}

#[test]
fn the_life_of_the_keys_is_told_of() {
    let sandbox = Sandbox::configured("[keys]\nalgorithms = ['RS256']\n");
    sandbox.restart();
    let rotate = ["keys", "rotate", "--immediately", "-o", "json"];
    sandbox.run(&rotate).ok();
    let found = events(&sandbox, &[]);
    let by = |by: &str| -> Vec<Value> {
        found.iter().filter(|event| event["details"]["by"] == by).cloned().collect()
    };
    assert_eq!(kinds(&by("schedule")), ["key.activated", "key.announced"]);
    let expected = ["key.activated", "key.announced", "key.retired"];
    assert_eq!(kinds(&by("command line")), expected);
}
