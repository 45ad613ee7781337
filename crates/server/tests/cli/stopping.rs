//! What is disabled stops in every process within the bound that the documentation states.

use std::time::{Duration, Instant};

use keywright_testkit::database::ScratchDatabase;
use keywright_testkit::world::{CHALLENGE, CLIENT_SECRET, PASSWORD, VERIFIER};
use reqwest::blocking::{Client, RequestBuilder, Response};
use reqwest::redirect::Policy;
use serde_json::Value;

use crate::sandbox::{Sandbox, Server};

const CALLBACK: &str = "https://app.example/cb";
const API: &str = "https://api.example";

/// "Within about a second", and what a busy machine adds.
const BOUND: Duration = Duration::from_secs(5);

/// Two servers over one database, with the user `ada`, the client `app` of hers and the resource
/// server `gateway`, all added by the command line.
struct Stage {
    sandbox: Sandbox,
    servers: Vec<Server>,
    http: Client,
    _scratch: Option<ScratchDatabase>,
}

/// What `app` was given.
struct Tokens {
    access: String,
    refresh: String,
    api: String,
}

/// Runs a test over SQLite, and over PostgreSQL where it is.
fn each(test: impl Fn(&Stage)) {
    test(&Stage::new(Sandbox::configured("issuer = 'http://127.0.0.1:9'\n"), None));
    let Some(scratch) = ScratchDatabase::postgres() else { return };
    let sandbox = Sandbox::configured(
        "issuer = 'http://127.0.0.1:9'\nmaster_key_file = 'key'\n[database]\nurl_file = 'url'\n",
    );
    sandbox.write("key", "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=\n");
    sandbox.write("url", &scratch.url);
    test(&Stage::new(sandbox, Some(scratch)));
}

fn json(request: RequestBuilder) -> (u16, Value) {
    let answer = request.send().unwrap();
    (answer.status().as_u16(), answer.json().unwrap_or_default())
}

/// What stands between `before` and the next quote.
fn quoted(page: &str, before: &str) -> String {
    let (_, rest) = page.split_once(before).unwrap_or_else(|| panic!("{page}"));
    rest.split('"').next().unwrap_or_default().to_owned()
}

impl Stage {
    fn new(sandbox: Sandbox, scratch: Option<ScratchDatabase>) -> Self {
        let api = ["resources", "add", API, "--name", "API", "--scope", "api=Use it"];
        sandbox.run(&[&api[..], &["--server", "gateway"]].concat()).ok();
        let app = ["clients", "add", "app", "--redirect-uri", CALLBACK, "--first-party"];
        let grants = ["authorization_code", "refresh_token", "client_credentials"];
        let grants = grants.into_iter().flat_map(|grant| ["--grant-type", grant]);
        let more: Vec<_> = grants.chain(["--scope", "openid offline_access api"]).collect();
        let with_secret = |args: &[&str]| {
            sandbox.run_with(&[args, &["--secret-stdin"]].concat(), CLIENT_SECRET).ok()
        };
        with_secret(&[&app[..], &more].concat());
        with_secret(&["clients", "add", "gateway", "--grant-type", "client_credentials"]);
        sandbox.run_with(&["users", "add", "ada"], PASSWORD).ok();
        let servers = vec![sandbox.serve(), sandbox.serve()];
        let http = Client::builder().redirect(Policy::none()).no_proxy().build().unwrap();
        Self { sandbox, servers, http, _scratch: scratch }
    }

    fn as_client(&self, server: &Server, id: &str, path: &str) -> RequestBuilder {
        self.http.post(format!("{}{path}", server.url)).basic_auth(id, Some(CLIENT_SECRET))
    }

    fn tokens(&self) -> Tokens {
        let server = &self.servers[0];
        let code = code(server);
        let (status, grant) = json(self.as_client(server, "app", "/token").form(&[
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ]));
        assert_eq!(status, 200, "{grant}");
        let (status, api) = self.credentials(server);
        assert_eq!(status, 200, "{api}");
        let text = |answer: &Value, name: &str| answer[name].as_str().unwrap().to_owned();
        Tokens {
            access: text(&grant, "access_token"),
            refresh: text(&grant, "refresh_token"),
            api: text(&api, "access_token"),
        }
    }

    fn credentials(&self, server: &Server) -> (u16, Value) {
        let form = [("grant_type", "client_credentials"), ("scope", "api"), ("resource", API)];
        json(self.as_client(server, "app", "/token").form(&form))
    }

    fn refresh(&self, server: &Server, token: &str) -> (u16, Value) {
        let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
        json(self.as_client(server, "app", "/token").form(&form))
    }

    /// Whether the resource server hears that a token is alive.
    fn is_active(&self, server: &Server, token: &str) -> bool {
        let form = [("token", token)];
        let (status, answer) = json(self.as_client(server, "gateway", "/introspect").form(&form));
        assert_eq!(status, 200, "{answer}");
        answer["active"] == true
    }

    fn userinfo(&self, server: &Server, token: &str) -> u16 {
        let request = self.http.get(format!("{}/userinfo", server.url)).bearer_auth(token);
        request.send().unwrap().status().as_u16()
    }

    /// Asks every server again and again until `stopped`; fails when the bound has passed.
    #[expect(clippy::disallowed_methods, reason = "it is real time that the bound is about")]
    fn soon(&self, what: &str, stopped: impl Fn(&Server) -> bool) {
        let begun = Instant::now();
        for server in &self.servers {
            while !stopped(server) {
                assert!(begun.elapsed() < BOUND, "{what} goes on at {}", server.url);
            }
        }
    }
}

/// Logs ada in with a browser of her own; the code.
fn code(server: &Server) -> String {
    let browser = Client::builder().redirect(Policy::none()).no_proxy().cookie_store(true).build();
    let browser = browser.unwrap();
    let page = authorize(&browser, server).text().unwrap();
    let action = format!("{}{}", server.url, quoted(&page, "action=\""));
    let csrf = quoted(&page, "name=\"csrf\" value=\"");
    let form =
        [("csrf", csrf.as_str()), ("decision", "accept"), ("login", "ada"), ("password", PASSWORD)];
    let mut answer = browser.post(action).form(&form).send().unwrap();
    let mut location = location(&answer);
    if location.starts_with('/') {
        answer = browser.get(format!("{}{location}", server.url)).send().unwrap();
        location = self::location(&answer);
    }
    let url = url::Url::parse(&location).unwrap();
    let code = url.query_pairs().find(|(name, _)| name == "code");
    code.unwrap_or_else(|| panic!("{location}")).1.into_owned()
}

fn authorize(browser: &Client, server: &Server) -> Response {
    let query = [
        ("client_id", "app"),
        ("redirect_uri", CALLBACK),
        ("response_type", "code"),
        ("scope", "openid offline_access"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let url = url::Url::parse_with_params(&format!("{}/authorize", server.url), query).unwrap();
    browser.get(url).send().unwrap()
}

fn location(answer: &Response) -> String {
    let location = answer.headers().get("location");
    location.unwrap_or_else(|| panic!("{answer:?}")).to_str().unwrap().to_owned()
}

#[test]
fn a_disabled_client_stops_in_every_process_within_the_bound() {
    each(|stage| {
        let tokens = stage.tokens();
        for server in &stage.servers {
            assert!(stage.is_active(server, &tokens.api));
            assert_eq!(stage.userinfo(server, &tokens.access), 200);
        }
        stage.sandbox.run(&["clients", "disable", "app"]).ok();
        stage.soon("token", |server| stage.credentials(server).1["error"] == "invalid_client");
        stage.soon("refresh", |server| {
            stage.refresh(server, &tokens.refresh).1["error"] == "invalid_client"
        });
        stage.soon("introspection", |server| !stage.is_active(server, &tokens.api));
        stage.soon("userinfo", |server| stage.userinfo(server, &tokens.access) == 401);
        stage.soon("authorize", |server| {
            let answer = authorize(&stage.http, server);
            answer.status().is_client_error() && answer.text().unwrap().contains("invalid_client")
        });
        stage.sandbox.run(&["clients", "enable", "app"]).ok();
        stage.soon("the refusal", |server| stage.credentials(server).0 == 200);
    });
}

#[test]
fn a_disabled_user_stops_in_every_process_within_the_bound() {
    each(|stage| {
        let tokens = stage.tokens();
        stage.sandbox.run(&["users", "disable", "ada"]).ok();
        stage.soon("userinfo", |server| stage.userinfo(server, &tokens.access) == 401);
        stage.soon("refresh", |server| {
            stage.refresh(server, &tokens.refresh).1["error"] == "invalid_grant"
        });
        for server in &stage.servers {
            assert_eq!(stage.credentials(server).0, 200, "the client itself goes on");
        }
        stage.sandbox.run(&["users", "enable", "ada"]).ok();
        for server in &stage.servers {
            assert_eq!(stage.refresh(server, &tokens.refresh).1["error"], "invalid_grant");
        }
        code(&stage.servers[1]);
    });
}

#[test]
fn a_disabled_resource_stops_in_every_process_within_the_bound() {
    each(|stage| {
        let tokens = stage.tokens();
        stage.sandbox.run(&["resources", "disable", API]).ok();
        stage.soon("token", |server| stage.credentials(server).1["error"] == "invalid_target");
        stage.soon("introspection", |server| !stage.is_active(server, &tokens.api));
        stage.sandbox.run(&["resources", "enable", API]).ok();
        stage.soon("the refusal", |server| stage.credentials(server).0 == 200);
    });
}

#[test]
fn revoked_tokens_of_a_client_are_dead_in_every_process_and_new_ones_are_not() {
    each(|stage| {
        let tokens = stage.tokens();
        stage.sandbox.run(&["clients", "revoke-tokens", "app"]).ok();
        stage.soon("introspection", |server| !stage.is_active(server, &tokens.api));
        stage.soon("userinfo", |server| stage.userinfo(server, &tokens.access) == 401);
        stage.soon("refresh", |server| {
            stage.refresh(server, &tokens.refresh).1["error"] == "invalid_grant"
        });
        stage.soon("the refusal", |server| {
            let (status, answer) = stage.credentials(server);
            status == 200 && stage.is_active(server, answer["access_token"].as_str().unwrap())
        });
    });
}
