//! The management listener.

use std::net::TcpListener;

use keywright_testkit::database::ScratchDatabase;
use serde_json::{Value, json};

use crate::sandbox::{Sandbox, Server, finish, start};

const ROBOT: &str = "
[[clients]]
client_id = 'robot'
client_secret = 'the-secret-of-the-robot-which-is-long'
grant_types = ['client_credentials']
";

/// Posts a form as the robot with this secret; the answer's status and body.
fn post(server: &Server, path: &str, secret: &str, form: [(&str, &str); 1]) -> (u16, String) {
    let request = reqwest::blocking::Client::new().post(format!("{}{path}", server.url));
    let answer = request.basic_auth("robot", Some(secret)).form(&form).send().unwrap();
    (answer.status().as_u16(), answer.text().unwrap())
}

#[test]
fn a_server_that_serves_is_alive_and_ready() {
    let server = Sandbox::new().serve();
    assert_eq!(server.manage("/livez"), (200, "ok\n".to_owned()));
    let (status, body) = server.manage("/readyz");
    let ok = json!({"database": "ok", "migrations": "ok", "keys": "ok", "snapshot": "ok"});
    let expected = json!({"ready": true, "checks": ok});
    assert_eq!((status, serde_json::from_str::<Value>(&body).unwrap()), (200, expected));
    assert_eq!(server.manage("/token").0, 404);
    let public = reqwest::blocking::get(format!("{}/metrics", server.url)).unwrap();
    assert_eq!(public.status(), 404, "metrics are nobody else's business");
}

#[test]
fn a_taken_management_port_is_refused_by_name() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(&["serve", "--listen", "127.0.0.1:0"]);
    command.env("KEYWRIGHT_MANAGEMENT__LISTEN", &address);
    let ran = finish(command, "");
    assert_eq!(ran.status, Some(1));
    let told = format!("error: cannot listen on {address} for management");
    assert!(ran.err.contains(&told), "{}", ran.err);
    assert!(ran.err.contains("hint: choose another address"), "{}", ran.err);
}

#[test]
fn an_empty_address_turns_management_off() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(&["serve", "--listen", "127.0.0.1:0"]);
    command.env("KEYWRIGHT_MANAGEMENT__LISTEN", "");
    let (_, log) = start(command).stop();
    assert!(log.contains("listening on") && !log.contains("management on"), "{log}");
}

#[test]
fn requests_tokens_and_errors_are_counted_by_route_grant_type_and_code() {
    let server = Sandbox::configured(ROBOT).serve();
    let good = "the-secret-of-the-robot-which-is-long";
    let form = [("grant_type", "client_credentials")];
    let (status, tokens) = post(&server, "/token", good, form);
    assert_eq!(status, 200, "{tokens}");
    assert_eq!(post(&server, "/token", "another secret which is long enough", form).0, 401);
    let tokens: Value = serde_json::from_str(&tokens).unwrap();
    let token = [("token", tokens["access_token"].as_str().unwrap())];
    assert_eq!(post(&server, "/revoke", good, token).0, 200);
    let invented = format!("{}/a-path-that-a-client-invented", server.url);
    assert_eq!(reqwest::blocking::get(invented).unwrap().status(), 404);
    for (metric, value) in [
        ("http_requests_total{route=\"/token\",method=\"POST\",status=\"200\"}", 1.0),
        ("http_requests_total{route=\"/token\",method=\"POST\",status=\"401\"}", 1.0),
        ("http_requests_total{route=\"unmatched\",method=\"GET\",status=\"404\"}", 1.0),
        ("http_request_duration_seconds_count{route=\"/token\"}", 2.0),
        ("http_requests_in_flight", 0.0),
        ("tokens_issued_total{grant_type=\"client_credentials\"}", 1.0),
        ("tokens_issued_total{grant_type=\"refresh_token\"}", 0.0),
        ("token_errors_total{grant_type=\"client_credentials\",error=\"invalid_client\"}", 1.0),
        ("events_total{kind=\"token.revoked\"}", 1.0),
        ("events_total{kind=\"refresh.reused\"}", 0.0),
        ("keys{algorithm=\"RS256\",state=\"active\"}", 1.0),
        ("keys{algorithm=\"EdDSA\",state=\"retired\"}", 0.0),
        ("pool_connections_limit", 8.0),
        ("hops_busy", 0.0),
    ] {
        assert_eq!(server.metric(&format!("keywright_{metric}")), Some(value), "{metric}");
    }
    let (_, text) = server.manage("/metrics");
    for hidden in ["robot", "invented"] {
        assert!(!text.contains(hidden), "{hidden} is in\n{text}");
    }
    assert!(text.ends_with("# EOF\n"));
}

#[test]
fn a_statement_that_fails_is_counted() {
    let (sandbox, scratch) = (Sandbox::configured(ROBOT), ScratchDatabase::sqlite());
    let mut command = sandbox.command(&["serve", "--listen", "127.0.0.1:0"]);
    command.env("KEYWRIGHT_DATABASE__URL", &scratch.url);
    let server = start(command);
    let secret = "the-secret-of-the-robot-which-is-long";
    let (_, tokens) = post(&server, "/token", secret, [("grant_type", "client_credentials")]);
    let tokens: Value = serde_json::from_str(&tokens).unwrap();
    let failures = || server.metric("keywright_transaction_failures_total{failure=\"failed\"}");
    assert_eq!(failures(), Some(0.0));
    scratch.execute("ALTER TABLE revoked_tokens RENAME TO elsewhere");
    let token = [("token", tokens["access_token"].as_str().unwrap())];
    assert_eq!(post(&server, "/introspect", secret, token).0, 500);
    assert!(failures() > Some(0.0));
}

#[test]
fn health_asks_the_server_that_runs_here() {
    let sandbox = Sandbox::new();
    let server = sandbox.serve();
    let address = server.management().trim_start_matches("http://").to_owned();
    let health = || {
        let mut command = sandbox.command(&["health"]);
        command.env("KEYWRIGHT_MANAGEMENT__LISTEN", &address);
        finish(command, "")
    };
    assert_eq!(health().ok(), "ready\n");
    server.kill();
    assert!(health().refused().contains("nobody answers at http://127.0.0.1:"));
    let mut command = sandbox.command(&["health"]);
    command.env("KEYWRIGHT_MANAGEMENT__LISTEN", "");
    assert!(finish(command, "").refused().contains("no management listener"));
}
