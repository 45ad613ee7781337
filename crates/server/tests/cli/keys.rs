//! `keywright keys`.

use serde_json::Value;

use crate::sandbox::Sandbox;

fn keys(sandbox: &Sandbox) -> Vec<Value> {
    sandbox.run(&["keys", "list", "-o", "json"]).json().as_array().unwrap().clone()
}

fn states(sandbox: &Sandbox, algorithm: &str) -> Vec<String> {
    let of = keys(sandbox).into_iter().filter(|key| key["algorithm"] == algorithm);
    let mut states: Vec<_> = of.map(|key| key["state"].as_str().unwrap().to_owned()).collect();
    states.sort();
    states
}

#[test]
fn the_first_start_makes_one_active_key_of_each_algorithm() {
    let sandbox = Sandbox::new();
    sandbox.restart();
    let keys = keys(&sandbox);
    assert_eq!(keys.len(), 4);
    assert!(keys.iter().all(|key| key["state"] == "active"), "{keys:?}");
}

#[test]
fn rotating_announces_a_successor_once() {
    let sandbox = Sandbox::configured("keys.algorithms = ['RS256', 'ES256']");
    sandbox.restart();
    let rotated = sandbox.run(&["keys", "rotate", "--algorithm", "ES256", "-o", "json"]).json();
    assert_eq!(rotated.as_array().unwrap().len(), 1);
    assert_eq!(states(&sandbox, "ES256"), ["active", "announced"]);
    assert_eq!(states(&sandbox, "RS256"), ["active"]);
    let again = sandbox.run(&["keys", "rotate", "--algorithm", "ES256", "-o", "json"]).json();
    assert_eq!(again, serde_json::json!([]));
    let told = sandbox.run(&["keys", "rotate", "--algorithm", "EdDSA"]).refused();
    assert!(told.contains("EdDSA is not enabled"), "{told}");
    assert_eq!(sandbox.run(&["keys", "rotate", "--algorithm", "HS256"]).status, Some(2));
}

#[test]
fn a_running_server_replaces_a_revoked_key_within_its_poll() {
    let sandbox = Sandbox::configured("keys.algorithms = ['RS256', 'ES256']");
    let server = sandbox.serve();
    let of = |algorithm: &str| {
        let keys = keys(&sandbox).into_iter();
        let found = keys.filter(|key| key["state"] == "active" && key["algorithm"] == algorithm);
        found.map(|key| key["kid"].as_str().unwrap().to_owned()).next().unwrap()
    };
    let old = of("ES256");
    sandbox.run(&["keys", "revoke", &old]).ok();
    let new = of("ES256");
    assert_ne!(old, new);
    assert_eq!(states(&sandbox, "ES256"), ["active", "revoked"]);
    let published = || {
        let keys = server.get("/jwks")["keys"].as_array().unwrap().clone();
        keys.into_iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    // The server polls once a second; each look takes far less than that.
    let seen = (0..100_000).map(|_| published()).find(|kids| kids.contains(&new));
    assert!(!seen.unwrap().contains(&old));
    let told = sandbox.run(&["keys", "revoke", "nothing"]).refused();
    assert!(told.contains("keywright keys list"), "{told}");
}
