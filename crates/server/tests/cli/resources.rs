//! `keywright resources`.

use serde_json::json;

use crate::sandbox::Sandbox;

const API: &str = "https://api.example";

fn add(sandbox: &Sandbox, more: &[&str]) -> crate::sandbox::Ran {
    sandbox.run(&[&["resources", "add", API, "-o", "json"], more].concat())
}

#[test]
fn every_member_of_a_resource_is_a_flag() {
    let sandbox = Sandbox::new();
    let added = add(
        &sandbox,
        &[
            "--name",
            "API",
            "--scope",
            "api:read=Read what is there",
            "--scope",
            "api:write=Change = replace it",
            "--algorithm",
            "ES256",
            "--access-token-lifetime",
            "2m",
            "--format",
            "opaque",
            "--claim-preset",
            "simplejwt",
            "--access-token-claim",
            "department",
            "--server",
            "gateway",
            "--userinfo-audience",
            "false",
        ],
    );
    let expected = json!({
        "identifier": API,
        "name": "API",
        "scopes": [
            {"name": "api:read", "description": "Read what is there"},
            {"name": "api:write", "description": "Change = replace it"},
        ],
        "algorithm": "ES256",
        "access_token_lifetime": 120,
        "format": "opaque",
        "claim_preset": "simplejwt",
        "access_token_claims": ["department"],
        "servers": ["gateway"],
        "userinfo_audience": false,
        "origin": "cli",
        "status": "enabled",
        "disabled_at": null,
    });
    assert_eq!(added.json(), expected);
    assert_eq!(sandbox.run(&["resources", "show", API, "-o", "json"]).json(), expected);
    assert_eq!(sandbox.run(&["resources", "list", "-o", "json"]).json(), json!([expected]));
}

#[test]
fn everything_that_is_wrong_with_a_resource_is_told_at_once() {
    let sandbox = Sandbox::configured("[keys]\nalgorithms = ['RS256']\n");
    let told = add(&sandbox, &["--scope", "openid=x", "--format", "xml", "--algorithm", "ES256"]);
    let told = told.refused();
    for part in ["name: is missing", "\"openid\" belongs", "format: ", "algorithm: ES256 is not"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let told = sandbox.run(&["resources", "add", "notes", "--name", "N"]).refused();
    assert!(told.contains("identifier: \"notes\" is no absolute URI"), "{told}");
    assert_eq!(sandbox.run(&["resources", "list", "-o", "json"]).json(), json!([]));
}

#[test]
fn a_resource_is_changed_disabled_enabled_and_removed() {
    let sandbox = Sandbox::new();
    add(&sandbox, &["--name", "API", "--scope", "a=A", "--access-token-lifetime", "1m"]).ok();
    assert!(add(&sandbox, &["--name", "Again"]).refused().contains("exists already"));
    let run = |verb: &str, more: &[&str]| {
        sandbox.run(&[&["resources", verb, API, "-o", "json"], more].concat())
    };
    let more = ["--scope", "b=B", "--server", "robot", "--clear", "access_token_lifetime"];
    let changed = run("change", &more).json();
    assert_eq!(changed["scopes"], json!([{"name": "b", "description": "B"}]));
    assert_eq!((&changed["name"], &changed["servers"]), (&json!("API"), &json!(["robot"])));
    assert_eq!(changed["access_token_lifetime"], json!(null));
    assert_eq!(run("change", &["--clear", "servers"]).json()["servers"], json!([]));
    assert_eq!(run("change", &["--clear", "name"]).status, Some(2));
    assert!(run("change", &["--name", ""]).refused().contains("name: is missing"));
    assert_eq!(run("disable", &[]).json()["status"], "disabled");
    assert_eq!(run("enable", &[]).json()["status"], "enabled");
    run("remove", &[]).ok();
    let told = run("show", &[]).refused();
    assert!(told.contains("there is no resource") && told.contains("resources list"), "{told}");
    let events = sandbox.run(&["audit", "-o", "json"]).json();
    let mut kinds: Vec<_> =
        events.as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap()).collect();
    kinds.sort_unstable();
    let expected = [
        "resource.added",
        "resource.changed",
        "resource.changed",
        "resource.disabled",
        "resource.enabled",
        "resource.removed",
    ];
    assert_eq!(kinds, expected);
    assert_eq!(events[0]["details"], json!({"resource": API, "by": "command line"}));
}

#[test]
fn tokens_do_not_outlive_the_keys_that_signed_them() {
    let sandbox = Sandbox::new();
    let told = add(&sandbox, &["--name", "API", "--access-token-lifetime", "2d"]).refused();
    assert!(told.contains("access_token_lifetime: its tokens would outlive the keys"), "{told}");
    add(&sandbox, &["--name", "API", "--access-token-lifetime", "1d"]).ok();
    let change = ["resources", "change", API, "--access-token-lifetime", "86401"];
    assert!(sandbox.run(&change).refused().contains("use at most keys.retired"));
    sandbox.write("keywright.toml", "[keys]\nretired = '2d'\n");
    sandbox.run(&change).ok();
    let told = "tokens outlive the keys that signed them: ";
    assert!(!sandbox.run(&["doctor"]).out.contains(told));
    std::fs::remove_file(sandbox.dir.path().join("keywright.toml")).unwrap();
    let out = sandbox.run(&["doctor"]).out;
    assert!(out.contains(&format!("{told}{API}")), "{out}");
}

#[test]
fn a_declared_resource_is_changed_in_the_file_alone() {
    let file = format!("[[resources]]\nidentifier = '{API}'\nname = 'API'\n");
    let sandbox = Sandbox::configured(&file);
    sandbox.restart();
    for verb in [&["disable"][..], &["change", "--name", "Other"]] {
        let told = sandbox.run(&[&["resources", verb[0], API], &verb[1..]].concat()).refused();
        assert!(told.contains("is declared in the configuration"), "{told}");
        assert!(told.contains("hint: change it there"), "{told}");
    }
}
