//! `keywright clients`.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;

use crate::sandbox::{Sandbox, finish};

const ROBOT: [&str; 5] = ["clients", "add", "robot", "--grant-type", "client_credentials"];

#[test]
fn a_generated_secret_is_shown_once() {
    let sandbox = Sandbox::new();
    let client = sandbox.run(&[&ROBOT[..], &["-o", "json"]].concat()).json();
    let secret = client["client_secret"].as_str().unwrap();
    assert_eq!(secret.len(), 43);
    for verb in [&["clients", "list"][..], &["clients", "show", "robot"]] {
        let out = sandbox.run(&[verb, &["-o", "json"]].concat()).ok();
        assert!(!out.contains(secret) && !out.contains("client_secret"), "{out}");
    }
    let key = std::fs::metadata(sandbox.dir.path().join("data/master.key")).unwrap();
    assert_eq!(key.permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_public_client_may_be_the_first_thing_that_is_added() {
    let sandbox = Sandbox::new();
    let uri = "http://127.0.0.1/callback";
    let method = ["--token-endpoint-auth-method", "none", "--redirect-uri", uri];
    sandbox.run(&[&["clients", "add", "tool"][..], &method].concat()).ok();
    sandbox.restart();
    // Now there is a key, and it is missed when it is gone.
    std::fs::remove_file(sandbox.dir.path().join("data/master.key")).unwrap();
    assert!(sandbox.run(&ROBOT).refused().contains("is gone"));
}

#[test]
fn a_client_cannot_be_added_with_an_algorithm_that_is_not_enabled() {
    let sandbox = Sandbox::configured("[keys]\nalgorithms = ['RS256', 'PS256']\n");
    let flag = "--id-token-signed-response-alg";
    let told = sandbox.run(&[&ROBOT[..], &[flag, "ES256"]].concat()).refused();
    let why = "ES256 is not enabled in keys.algorithms; name one that is: RS256, PS256";
    assert!(told.contains(&format!("id_token_signed_response_alg: {why}")), "{told}");
    assert_eq!(sandbox.run(&["clients", "list", "-o", "json"]).json(), json!([]));
    sandbox.run(&[&ROBOT[..], &[flag, "PS256"]].concat()).ok();
}

#[test]
fn a_client_id_that_no_request_can_name_is_wrong_usage() {
    let sandbox = Sandbox::new();
    let add = |id: &str| sandbox.run(&["clients", "add", id, "--grant-type", "client_credentials"]);
    for bad in ["", "n\u{f6}tes", &"a".repeat(256)] {
        let run = add(bad);
        assert_eq!(run.status, Some(2), "{bad:?}");
        assert!(run.err.contains("use 1 to 255 printable ASCII"), "{}", run.err);
    }
    add(&"a".repeat(255)).ok();
}

#[test]
fn the_flags_have_the_names_of_rfc_7591() {
    let sandbox = Sandbox::new();
    let client = sandbox.run(&[
        "clients",
        "add",
        "notes",
        "--client-name",
        "Notes",
        "--redirect-uri",
        "https://n.example/cb",
        "--redirect-uri",
        "https://n.example/cb2",
        "--grant-type",
        "authorization_code",
        "--grant-type",
        "refresh_token",
        "--scope",
        "openid email",
        "--token-endpoint-auth-method",
        "client_secret_post",
        "--id-token-signed-response-alg",
        "ES256",
        "--default-max-age",
        "12h",
        "--require-auth-time",
        "--default-acr-value",
        "urn:keywright:acr:1fa",
        "--id-token-lifetime",
        "2m",
        "--id-token-claim",
        "groups",
        "--first-party",
        "-o",
        "json",
    ]);
    let client = client.json();
    assert_eq!(client["client_name"], "Notes");
    assert_eq!(client["redirect_uris"], json!(["https://n.example/cb", "https://n.example/cb2"]));
    assert_eq!(client["grant_types"], json!(["authorization_code", "refresh_token"]));
    assert_eq!(client["token_endpoint_auth_method"], "client_secret_post");
    assert_eq!(client["id_token_signed_response_alg"], "ES256");
    assert_eq!(client["default_max_age"], 43_200);
    assert_eq!(client["require_auth_time"], true);
    assert_eq!(client["default_acr_values"], json!(["urn:keywright:acr:1fa"]));
    assert_eq!(client["id_token_lifetime"], 120);
    assert_eq!(client["id_token_claims"], json!(["groups"]));
    assert_eq!(client["first_party"], true);
}

#[test]
fn everything_that_is_wrong_with_a_client_is_told_at_once() {
    let told = Sandbox::new()
        .run(&["clients", "add", "--grant-type", "password", "--application-type", "desktop"])
        .refused();
    assert!(told.contains("grant_types: ") && told.contains("application_type: "), "{told}");
    let told = Sandbox::new().run(&["clients", "add"]).refused();
    assert!(told.contains("redirect_uris: authorization_code needs at least one"), "{told}");
}

#[test]
fn a_public_client_has_no_secret() {
    let sandbox = Sandbox::new();
    let public = [
        "clients",
        "add",
        "app",
        "--redirect-uri",
        "https://a.example/cb",
        "--token-endpoint-auth-method",
        "none",
    ];
    let told = sandbox.run_with(&[&public[..], &["--secret-stdin"]].concat(), "x").refused();
    assert!(told.contains("a public client has no secret"), "{told}");
    let client = sandbox.run(&[&public[..], &["-o", "json"]].concat()).json();
    assert_eq!(client.get("client_secret"), None);
    let told = sandbox.run(&["clients", "rotate-secret", "app"]).refused();
    assert!(told.contains("is public"), "{told}");
}

#[test]
fn a_chosen_secret_comes_from_standard_input_and_is_long() {
    let sandbox = Sandbox::new();
    let args = [&ROBOT[..], &["--secret-stdin"]].concat();
    let told = sandbox.run_with(&args, "too short\n").refused();
    assert!(told.contains("fewer than 32 characters"), "{told}");
    let chosen = "a-secret-that-somebody-chose-with-care";
    let out = sandbox.run_with(&args, chosen).ok();
    assert!(!out.contains(chosen), "{out}");
}

#[test]
fn an_old_secret_ends_at_once_or_when_it_was_told_to() {
    let sandbox = Sandbox::new();
    sandbox.run(&ROBOT).ok();
    let secrets = || sandbox.run(&["clients", "show", "robot", "-o", "json"]).json();
    let rotate = ["clients", "rotate-secret", "robot", "-o", "json"];
    let kept = sandbox.run(&[&rotate[..], &["--keep-old", "24h"]].concat()).json();
    assert!(kept["client_secret"].is_string());
    let shown = secrets();
    let ends: Vec<_> =
        shown["secrets"].as_array().unwrap().iter().map(|s| &s["expires_at"]).collect();
    assert_eq!(ends.len(), 2);
    assert_eq!(ends.iter().filter(|end| end.is_null()).count(), 1, "{shown}");
    sandbox.run(&rotate).ok();
    let shown = secrets();
    let open = shown["secrets"].as_array().unwrap().iter().filter(|s| s["expires_at"].is_null());
    assert_eq!(open.count(), 1, "{shown}");
}

#[test]
fn a_client_is_removed_and_a_taken_id_refused() {
    let sandbox = Sandbox::new();
    sandbox.run(&ROBOT).ok();
    assert!(sandbox.run(&ROBOT).refused().contains("\"robot\" is taken"));
    sandbox.run(&["clients", "remove", "robot"]).ok();
    assert!(sandbox.run(&["clients", "remove", "robot"]).refused().contains("there is no client"));
}

#[test]
fn a_lost_master_key_is_not_replaced_by_another() {
    let sandbox = Sandbox::new();
    sandbox.run(&ROBOT).ok();
    std::fs::remove_file(sandbox.dir.path().join("data/master.key")).unwrap();
    let told = sandbox.run(&["clients", "rotate-secret", "robot"]).refused();
    assert!(told.contains("master.key is gone") && told.contains("backup"), "{told}");
    let mut command = sandbox.command(&["clients", "rotate-secret", "robot"]);
    command.env("KEYWRIGHT_MASTER_KEY", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    let told = finish(command, "").refused();
    assert!(told.contains("does not belong to this database"), "{told}");
}

#[test]
fn old_secrets_end_at_a_date_that_is_not_past() {
    let sandbox = Sandbox::new();
    sandbox.run(&ROBOT).ok();
    let rotate = ["clients", "rotate-secret", "robot", "-o", "json", "--until"];
    for past in ["2020-01-31", "2020-01-31T12:00:00Z"] {
        let told = sandbox.run(&[&rotate[..], &[past]].concat()).refused();
        assert!(told.contains("in the past"), "{told}");
    }
    assert_eq!(sandbox.run(&[&rotate[..], &["soon"]].concat()).status, Some(2));
    let both = [&rotate[..], &["2099-01-31", "--keep-old", "1h"]].concat();
    assert_eq!(sandbox.run(&both).status, Some(2));
    sandbox.run(&[&rotate[..], &["2099-01-31T13:00:00+01:00"]].concat()).ok();
    let shown = sandbox.run(&["clients", "show", "robot", "-o", "json"]).json();
    let ends: Vec<_> =
        shown["secrets"].as_array().unwrap().iter().map(|s| s["expires_at"].clone()).collect();
    assert_eq!(ends.len(), 2);
    assert!(ends.contains(&json!("2099-01-31T12:00:00Z")) && ends.contains(&json!(null)));
    assert!(!shown.to_string().contains("digest"), "{shown}");
}

#[test]
fn a_client_is_changed_member_by_member() {
    let sandbox = Sandbox::new();
    let add = ["clients", "add", "notes", "--redirect-uri", "https://n.example/cb"];
    sandbox.run(&[&add[..], &["--first-party", "--default-max-age", "1h"]].concat()).ok();
    let change = |more: &[&str]| {
        sandbox.run(&[&["clients", "change", "notes", "-o", "json"], more].concat())
    };
    let changed = change(&["--client-name", "Notes", "--first-party=false"]).json();
    assert_eq!(
        (&changed["client_name"], &changed["first_party"]),
        (&json!("Notes"), &json!(false))
    );
    assert_eq!(changed["default_max_age"], 3600);
    let cleared = change(&["--clear", "default_max_age", "--clear", "policy_uri"]).json();
    assert_eq!(cleared.get("default_max_age"), None);
    assert_eq!(cleared["redirect_uris"], json!(["https://n.example/cb"]));
    let told = change(&["--redirect-uri", "ftp://n.example/cb"]).refused();
    assert!(told.contains("redirect_uris: "), "{told}");
    let told = change(&["--clear", "nonsense"]).refused();
    assert!(told.contains("no member \"nonsense\""), "{told}");
    let shown = sandbox.run(&["clients", "show", "notes", "-o", "json"]).json();
    assert_eq!(shown["redirect_uris"], cleared["redirect_uris"]);
    assert_eq!(shown["secrets"][0]["expires_at"], json!(null));
    change(&["--token-endpoint-auth-method", "none"]).ok();
    let shown = sandbox.run(&["clients", "show", "notes", "-o", "json"]).json();
    assert!(shown["secrets"][0]["expires_at"].is_string(), "a public client has no secret");
}

#[test]
fn a_client_is_disabled_and_enabled_and_its_tokens_are_revoked() {
    let sandbox = Sandbox::new();
    sandbox.run(&ROBOT).ok();
    let run = |verb: &str| sandbox.run(&["clients", verb, "robot", "-o", "json"]).json();
    assert_eq!(run("disable")["status"], "disabled");
    assert_eq!(run("disable")["status"], "disabled");
    assert_eq!(run("enable")["status"], "enabled");
    assert_eq!(run("show").get("tokens_not_before"), None);
    assert!(run("revoke-tokens")["tokens_not_before"].is_string());
    let kinds: Vec<_> = sandbox
        .run(&["audit", "--client", "robot", "-o", "json"])
        .json()
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["kind"].as_str().unwrap().to_owned())
        .collect();
    let mut sorted = kinds.clone();
    sorted.sort_unstable();
    let expected = ["client.added", "client.changed", "client.disabled", "client.enabled"];
    assert_eq!(sorted, expected, "each change is one event, and what changes nothing is none");
}
