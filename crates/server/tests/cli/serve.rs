//! `keywright serve`.

use keywright_testkit::database::ScratchDatabase;
use reqwest::redirect::Policy;
use serde_json::Value;

use crate::sandbox::{Sandbox, finish};

#[test]
fn an_empty_directory_is_enough_to_answer_discovery() {
    let sandbox = Sandbox::new();
    let mut server = sandbox.serve();
    server.wait_for("keywright users add --admin NAME");
    let discovery = server.get("/.well-known/openid-configuration");
    assert_eq!(discovery["issuer"], server.url);
    assert_eq!(discovery["jwks_uri"], format!("{}/jwks", server.url));
    assert_eq!(server.get("/jwks")["keys"].as_array().unwrap().len(), 4);
    let (status, log) = server.stop();
    assert!(status.success(), "{log}");
    assert!(log.contains("database SQLite") && log.contains("stopped"), "{log}");
}

/// The setup link in a line that the server printed.
fn setup_link(line: &str) -> String {
    let (_, rest) = line.split_once("open ").unwrap();
    rest.split(' ').next().unwrap().to_owned()
}

#[test]
fn without_an_administrator_every_start_prints_a_new_link_and_the_log_never_has_it() {
    for format in ["text", "json"] {
        let sandbox = Sandbox::configured(&format!("[log]\nlevel = 'trace'\nformat = '{format}'"));
        let mut server = sandbox.serve();
        let first = setup_link(&server.wait_for("there is no administrator yet"));
        assert!(first.starts_with(&format!("{}/setup/", server.url)), "{first}");
        assert_eq!(reqwest::blocking::get(&first).unwrap().status(), 200);
        let (_, log) = server.stop();
        let token = first.rsplit('/').next().unwrap();
        assert_eq!(log.matches(token).count(), 1, "the log shows the token: {log}");
        let mut server = sandbox.serve();
        let second = setup_link(&server.wait_for("there is no administrator yet"));
        let old = format!("{}/setup/{token}", server.url);
        assert_eq!(reqwest::blocking::get(old).unwrap().status(), 410);
        assert_eq!(reqwest::blocking::get(&second).unwrap().status(), 200);
        sandbox.run_with(&["users", "add", "ada", "--admin"], "correct horse battery").ok();
        assert_eq!(reqwest::blocking::get(&second).unwrap().status(), 410);
        server.stop();
        assert!(!sandbox.restart().contains("/setup/"));
    }
}

#[test]
fn the_link_is_printed_even_when_the_log_is_silent() {
    let sandbox = Sandbox::configured("log.level = 'error'");
    let mut command = sandbox.command(&["serve", "--listen", "127.0.0.1:0"]);
    let mut child = command.spawn().unwrap();
    let mut first = String::new();
    std::io::BufRead::read_line(
        &mut std::io::BufReader::new(child.stderr.take().unwrap()),
        &mut first,
    )
    .unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(first.contains("/setup/"), "{first}");
}

#[test]
fn a_declared_administrator_needs_no_link() {
    let sandbox = Sandbox::configured(
        "[[users]]\nlogin = 'ada'\npassword = 'correct horse battery'\nroles = ['admin']\n",
    );
    assert!(!sandbox.restart().contains("/setup/"));
}

#[test]
fn a_configured_issuer_is_used_byte_for_byte() {
    let sandbox = Sandbox::configured("issuer = 'https://id.example/tenant'");
    let server = sandbox.serve();
    let discovery = server.get("/tenant/.well-known/openid-configuration");
    assert_eq!(discovery["issuer"], "https://id.example/tenant");
}

#[test]
fn a_taken_port_is_refused() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ran = Sandbox::new().run(&["serve", "--listen", &address]);
    assert_eq!(ran.status, Some(1));
    assert!(ran.err.contains("error: ") && ran.err.contains(&address), "{}", ran.err);
}

#[test]
fn logs_are_lines_of_json_when_asked_for() {
    let sandbox = Sandbox::configured("log.format = 'json'");
    let (_, log) = sandbox.serve().stop();
    for line in log.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert!(line["message"].is_string(), "{line}");
    }
}

#[test]
fn a_refusal_in_the_log_names_its_client_and_what_it_is_about() {
    let secret = "the-secret-of-the-robot-which-is-long";
    let sandbox = Sandbox::configured(&format!(
        "log.format = 'json'\n[[clients]]\nclient_id = 'robot'\nclient_secret = '{secret}'\n\
         grant_types = ['authorization_code', 'client_credentials']\n\
         redirect_uris = ['https://robot.example/cb']\n"
    ));
    let server = sandbox.serve();
    let web = reqwest::blocking::Client::builder().redirect(Policy::none()).build().unwrap();
    let ask = |more: &str| {
        let url = format!("{}/authorize?client_id=robot&response_type=code&{more}", server.url);
        web.get(format!("{url}&redirect_uri=https://robot.example/cb")).send().unwrap();
    };
    let fetch = |form: &[(&str, &str)]| {
        let request = web.post(format!("{}/token", server.url)).basic_auth("robot", Some(secret));
        request.form(form).send().unwrap();
    };
    ask("state=x");
    web.get(format!("{}/authorize?client_id=robot&redirect_uri=x", server.url)).send().unwrap();
    ask("resource=https://nobody.example");
    fetch(&[("grant_type", "client_credentials"), ("resource", "https://nobody.example")]);
    fetch(&[("grant_type", "client_credentials"), ("scope", "all")]);
    fetch(&[("grant_type", "refresh_token"), ("refresh_token", "a\n")]);
    // Whoever posts JSON as a form has a secret in the name.
    fetch(&[("{\n\"client_secret\":\"whole-secret", "\"\n}")]);
    web.post(format!("{}/token", server.url))
        .basic_auth("robot", Some("wrong"))
        .form(&[("grant_type", "client_credentials")])
        .send()
        .unwrap();
    fetch(&[("grant_type", "refresh_token"), ("refresh_token", "a")]);
    let (_, log) = server.stop();
    assert!(!log.contains("whole-secret"), "{log}");
    let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let refused = lines.filter(|line| line["message"].as_str().unwrap().starts_with("refused"));
    let told: Vec<_> = refused
        .map(|line| {
            ["client_id", "code", "detail"].map(|name| line[name].as_str().map(str::to_owned))
        })
        .collect();
    let nobody = "resource \"https://nobody.example\"";
    let expected = [
        [Some("robot"), Some("invalid_request"), Some("")],
        [Some("robot"), Some("invalid_request"), Some("redirect_uri is not an absolute URI")],
        [Some("robot"), Some("invalid_target"), Some(nobody)],
        [Some("robot"), Some("invalid_target"), Some(nobody)],
        [Some("robot"), Some("invalid_scope"), Some("not granted: all")],
        [None, Some("invalid_request"), Some("parameter \"refresh_token\"")],
        [None, Some("invalid_request"), Some("a parameter with a strange name")],
        [Some("robot"), Some("invalid_client"), Some("wrong secret")],
        [Some("robot"), Some("unauthorized_client"), Some("")],
    ];
    assert_eq!(told, expected.map(|line| line.map(|text| text.map(str::to_owned))));
}

#[test]
fn the_log_shows_no_secret_at_any_level() {
    let key = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=";
    let secret = "the-secret-of-the-robot-which-is-long";
    let sandbox = Sandbox::configured(&format!(
        "log.level = 'trace'\n[[clients]]\nclient_id = 'robot'\nclient_secret = '{secret}'\n\
         grant_types = ['client_credentials']\n\
         [[users]]\nlogin = 'ada'\npassword = 'correct horse battery'\n"
    ));
    sandbox.write("key", key);
    sandbox.write(
        "keywright.toml",
        &format!(
            "master_key_file = 'key'\n{}",
            std::fs::read_to_string(sandbox.dir.path().join("keywright.toml")).unwrap()
        ),
    );
    let (_, log) = sandbox.serve().stop();
    assert!(log.contains("wrote client robot"), "{log}");
    for hidden in [key, secret, "correct horse battery", "kw1$"] {
        assert!(!log.contains(hidden), "{hidden} is in the log");
    }
}

#[test]
fn migrate_makes_the_tables_and_nothing_else() {
    let sandbox = Sandbox::new();
    sandbox.run(&["migrate"]).ok();
    assert!(sandbox.dir.path().join("data/keywright.db").exists());
    assert!(!sandbox.dir.path().join("data/master.key").exists());
    sandbox.run(&["migrate"]).ok();
    assert_eq!(sandbox.run(&["keys", "list", "-o", "json"]).json(), serde_json::json!([]));
}

#[test]
fn postgresql_serves_what_the_command_line_added() {
    let Some(scratch) = ScratchDatabase::postgres() else {
        println!("skipped: there is no PostgreSQL here");
        return;
    };
    let sandbox = Sandbox::configured("master_key_file = 'key'\n[database]\nurl_file = 'url'\n");
    sandbox.write("key", "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=\n");
    sandbox.write("url", &scratch.url);
    sandbox.run_with(&["users", "add", "ada"], "correct horse battery").ok();
    let server = sandbox.serve();
    assert_eq!(server.get("/.well-known/openid-configuration")["issuer"], server.url);
    let (_, log) = server.stop();
    assert!(log.contains("database PostgreSQL") && !log.contains("there is no user"), "{log}");
    assert_eq!(sandbox.run(&["keys", "list", "-o", "json"]).json().as_array().unwrap().len(), 4);
    assert!(!sandbox.dir.path().join("data").exists());
}

#[test]
fn serving_is_what_happens_without_a_command() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(&[]);
    command.env("KEYWRIGHT_LISTEN", &address);
    let ran = finish(command, "");
    assert_eq!(ran.status, Some(1));
    assert!(ran.err.contains(&address), "{}", ran.err);
}
