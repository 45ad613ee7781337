//! Whole flows with the log at its most talkative, and not one secret in it.

use std::cell::RefCell;
use std::collections::BTreeMap;

use keywright_testkit::database::ScratchDatabase;
use keywright_testkit::world::{CHALLENGE, CLIENT_SECRET, PASSWORD, VERIFIER};
use serde_json::Value;

use crate::sandbox::{Sandbox, Server};
use crate::visitor::{ISSUER, Reply, Visitor, ask, configuration, redeem, refresh};

const MASTER_KEY: &str = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=";
const DATABASE_PASSWORD: &str = "the-password-of-the-database";

/// Everything that nobody but its owner may read, and what it is.
#[derive(Default)]
struct Secrets(RefCell<BTreeMap<String, &'static str>>);

impl Secrets {
    fn know(&self, what: &'static str, value: impl Into<String>) -> String {
        let value = value.into();
        assert!(value.len() >= 4, "{what}: {value:?} may be in any log");
        self.0.borrow_mut().insert(value.clone(), what);
        value
    }

    /// What an answer gave.
    fn learn(&self, reply: &Reply) {
        for cookie in reply.headers.get_all("set-cookie") {
            let value =
                cookie.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            if !value.1.is_empty() {
                self.know("a cookie", value.1);
            }
        }
        if reply.body.contains("name=\"csrf\"") {
            self.know("a form token", reply.quoted("name=\"csrf\" value=\""));
        }
        let Ok(Value::Object(answer)) = serde_json::from_str(&reply.body) else { return };
        for name in ["access_token", "refresh_token", "id_token", "client_secret"] {
            if let Some(token) = answer.get(name).and_then(Value::as_str) {
                self.know("a token", token);
                // A part of it would do harm enough.
                for part in token.split('.').filter(|part| part.len() > 16).skip(1) {
                    self.know("a part of a token", part);
                }
            }
        }
    }

    fn assert_absent(&self, place: &str, text: &str) {
        for (secret, what) in self.0.borrow().iter() {
            let line = text.lines().find(|line| line.contains(secret.as_str()));
            assert!(
                line.is_none(),
                "{what} ({secret}) is in {place}: {}",
                line.unwrap_or_default()
            );
        }
    }
}

/// Logs in, wrongly first, and gets tokens; everything secret is remembered.
fn authorize(server: &Server, visitor: &Visitor, secrets: &Secrets, password: &str) -> Reply {
    let url = &server.url;
    let state = secrets.know("state", "the-state-of-the-client");
    let more = [
        ("scope", "openid offline_access"),
        ("state", state.as_str()),
        ("nonce", &secrets.know("nonce", "the-nonce-of-the-client")),
        ("login_hint", &secrets.know("login_hint", "somebody-else@example.org")),
        ("unknown_parameter", &secrets.know("a query", "what-nobody-asked-for")),
    ];
    let page = visitor.authorize(url, &more);
    secrets.learn(&page);
    let mut answer = page;
    if answer.status == 200 {
        let wrong = secrets.know("a wrong password", "a wrong password of somebody");
        let again = visitor.log_in(url, &answer, &wrong);
        secrets.learn(&again);
        answer = visitor.log_in(url, &again, password);
    }
    for value in visitor.cookies.borrow().values() {
        secrets.know("a cookie", value.as_str());
    }
    let code = secrets.know("a code", answer.redirect_parameter("code"));
    let tokens = redeem(&visitor.http, url, &code).unwrap();
    secrets.learn(&tokens);
    assert_eq!(redeem(&visitor.http, url, &code).unwrap().status, 400, "a replay");
    tokens
}

/// What a client does with its tokens, right and wrong.
fn use_tokens(server: &Server, visitor: &Visitor, secrets: &Secrets) {
    let (url, http) = (&server.url, &visitor.http);
    let code = secrets.know("a code", visitor.code(url, "openid offline_access"));
    let tokens = redeem(http, url, &code).unwrap();
    secrets.learn(&tokens);
    let (access, first) = (tokens.member("access_token"), tokens.member("refresh_token"));
    for _ in 0..2 {
        secrets.learn(&refresh(http, url, &first).unwrap());
    }
    secrets.learn(&refresh(http, url, &first).unwrap());
    secrets.learn(&ask(http, &format!("{url}/introspect"), &[("token", &access)]).unwrap());
    for (token, path) in [(&access, "/userinfo"), (&first, "/userinfo")] {
        Reply::of(http.get(format!("{url}{path}")).bearer_auth(token)).unwrap();
    }
    let query = format!("{url}/userinfo?access_token={access}");
    Reply::of(http.get(query)).unwrap();
    Reply::of(http.get(format!("{url}/nothing/{access}"))).unwrap();
    let wrong = secrets.know("a wrong secret", "a-wrong-secret-of-the-client-which-is-long");
    let form = [("grant_type", "refresh_token"), ("refresh_token", first.as_str())];
    let post = || http.post(format!("{url}/token"));
    Reply::of(post().basic_auth("web", Some(&wrong)).form(&form)).unwrap();
    Reply::of(post().header("authorization", format!("Basic {wrong}")).form(&form)).unwrap();
    let twice = [&form[..], &form[..], &[("client_secret", CLIENT_SECRET)]].concat();
    Reply::of(post().form(&twice)).unwrap();
    let junk = secrets.know("a cookie", "a-cookie-that-is-not-ours");
    let path =
        format!("{url}/authorize/{}", secrets.know("a path", "no-such-interaction-anywhere"));
    Reply::of(http.get(path).header("cookie", format!("kw_session={junk}; {junk}"))).unwrap();
    ask(http, &format!("{url}/revoke"), &[("token", &access)]).unwrap();
    ask(http, &format!("{url}/revoke"), &[("token", &first)]).unwrap();
}

fn log_out(server: &Server, visitor: &Visitor, secrets: &Secrets, hint: &str) {
    let silent = [("prompt", "none"), ("scope", "openid"), ("id_token_hint", hint)];
    let answer = visitor.authorize(&server.url, &silent);
    secrets.know("a code", answer.redirect_parameter("code"));
    let logout = format!("{}/logout", server.url);
    let state = secrets.know("state", "the-state-of-the-logout");
    let form = [("id_token_hint", hint), ("state", &state), ("client_id", "web")];
    let parked = visitor.post(&logout, &form);
    let done = visitor.get(&format!("{}{}", server.url, parked.location()));
    assert_eq!(done.status, 200, "{done:?}");
}

/// The command line, which is given secrets on standard input and shows those that it makes.
fn administer(sandbox: &Sandbox, secrets: &Secrets) {
    let typed = secrets.know("a password", "a password that was typed");
    let run = |args: &[&str], input: &str| {
        let ran = sandbox.run_with(args, input);
        assert_eq!(ran.status, Some(0), "{args:?}: {}", ran.err);
        ran
    };
    let rotated = {
        run(&["clients", "add", "own", "--redirect-uri", "https://own.example/cb"], "");
        run(&["clients", "rotate-secret", "own", "-o", "json"], "")
    };
    let secret: Value = serde_json::from_str(&rotated.out).unwrap();
    secrets.know("a generated secret", secret["client_secret"].as_str().unwrap());
    let mut said = rotated.err;
    for (args, input) in [
        (&["users", "add", "bob"][..], format!("{typed}\n")),
        (&["users", "set-password", "bob"], format!("{typed}, another\n")),
        (&["users", "show", "bob"], String::new()),
        (&["clients", "show", "own"], String::new()),
        (&["keys", "list"], String::new()),
    ] {
        let ran = run(args, &input);
        said += &(ran.out + &ran.err);
    }
    secrets.assert_absent("what the command line says", &said);
}

/// Everything, on a server with this configuration on top; its log.
fn whole_story(sandbox: &Sandbox) -> (String, Reply) {
    let secrets = Secrets::default();
    for (what, value) in [
        ("the master key", MASTER_KEY),
        ("the database's password", DATABASE_PASSWORD),
        ("a client's secret", CLIENT_SECRET),
        ("a password", PASSWORD),
        ("a hash", "kw1$"),
        ("a verifier", VERIFIER),
        ("a challenge", CHALLENGE),
        ("a query", "code_challenge_method"),
        ("a query", "redirect_uri=https"),
    ] {
        secrets.know(what, value);
    }
    let server = sandbox.serve();
    let visitor = Visitor::new();
    let tokens = authorize(&server, &visitor, &secrets, PASSWORD);
    use_tokens(&server, &visitor, &secrets);
    administer(sandbox, &secrets);
    log_out(&server, &visitor, &secrets, &tokens.member("id_token"));
    let out = sandbox.dir.path().join("stdout");
    let (status, log) = server.stop();
    assert!(status.success());
    secrets.assert_absent("the log", &log);
    secrets.assert_absent("standard output", &std::fs::read_to_string(out).unwrap());
    (log, tokens)
}

fn talkative(format: &str, more: &str) -> Sandbox {
    let text = format!(
        "master_key_file = 'key'\nlog.level = 'trace'\nlog.format = '{format}'\n{more}\n{}",
        configuration()
    );
    let sandbox = Sandbox::configured(&text);
    sandbox.write("key", MASTER_KEY);
    sandbox
}

#[test]
fn whole_flows_leave_no_secret_in_a_log_of_text() {
    let Some(database) = ScratchDatabase::postgres() else {
        whole_story(&talkative("text", "lifetimes.refresh_grace = '0'"));
        return;
    };
    let sandbox = talkative("text", "lifetimes.refresh_grace = '0'\ndatabase.url_file = 'url'");
    let named = format!("keywright:{DATABASE_PASSWORD}@");
    sandbox.write("url", &database.url.replacen("keywright@", &named, 1));
    let (log, _) = whole_story(&sandbox);
    assert!(log.contains("refresh.reused"), "{log}");
}

#[test]
fn whole_flows_leave_no_secret_in_a_log_of_json_and_each_event_names_its_request() {
    let (log, tokens) = whole_story(&talkative("json", ""));
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let audit = |kind: &str| {
        let line = lines.iter().find(|line| line["kind"] == kind);
        line.unwrap_or_else(|| panic!("{kind} is not in the log"))
    };
    for kind in ["login.failed", "login.succeeded", "grant.issued", "code.replayed", "logout"] {
        let request = &audit(kind)["request"];
        let answered =
            |line: &&Value| line["message"] == "answered" && line["span"]["request_id"] == *request;
        assert!(lines.iter().any(|line| answered(&line)), "{kind} names the request {request}");
    }
    assert!(lines.iter().any(|line| line["kind"] == "refresh.repeated"));
    let id = tokens.headers["x-request-id"].to_str().unwrap();
    let of_tokens = |line: &&Value| line["span"]["request_id"] == id;
    assert!(lines.iter().any(|line| of_tokens(&line)), "the answer's id is in the log");
    assert!(log.contains(ISSUER));
}
