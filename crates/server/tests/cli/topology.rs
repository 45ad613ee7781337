//! Two replicas over one PostgreSQL behind nginx, with the configuration of `docs/deploy`.

mod nginx;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};

use keywright_core::store::{AuditFilter, StoreExt as _};
use keywright_testkit::database::ScratchDatabase;
use reqwest::blocking::{Client, Response};
use serde_json::Value;

use crate::browser::{Browser, Page};
use crate::sandbox::{Sandbox, Server, finish};
use nginx::Nginx;

const SECRET: &str = "the-secret-of-the-topology-test-only";
const CALLBACK: &str = "https://app.example/cb";
/// RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Everything of `docker-compose.yml`, as processes.
struct Topology {
    sandbox: Sandbox,
    replicas: Vec<Server>,
    issuer: String,
    _nginx: Nginx,
    database: ScratchDatabase,
}

impl Topology {
    /// None where PostgreSQL or nginx is missing.
    fn raise() -> Option<Self> {
        let (Some(database), true) = (ScratchDatabase::postgres(), nginx::is_here()) else {
            return None;
        };
        let front = nginx::free_port();
        let issuer = format!("http://127.0.0.1:{front}");
        let sandbox = Sandbox::configured(&format!(
            "issuer = '{issuer}'\nmaster_key_file = 'key'\ndatabase.url_file = 'url'\n\
             http.trusted_proxies = ['127.0.0.1']\nlimits.enabled = false\n\
             [[clients]]\nclient_id = 'web'\nclient_secret = '{SECRET}'\n\
             redirect_uris = ['{CALLBACK}']\ngrant_types = ['authorization_code', 'refresh_token']\n\
             [[users]]\nlogin = 'ada'\npassword = 'correct horse battery'\n"
        ));
        sandbox.write("key", "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=\n");
        sandbox.write("url", &database.url);
        let replicas = vec![sandbox.serve(), sandbox.serve()];
        let addresses = replicas.iter().map(|replica| replica.url.trim_start_matches("http://"));
        let nginx = Nginx::start(front, &addresses.collect::<Vec<_>>());
        Some(Self { sandbox, replicas, issuer, _nginx: nginx, database })
    }

    fn ask(&self, browser: &Browser) -> Page {
        let callback = CALLBACK.replace('/', "%2F").replace(':', "%3A");
        browser.get(&format!(
            "{}/authorize?response_type=code&client_id=web&redirect_uri={callback}&\
             scope=openid%20profile%20offline_access&state=s&nonce=n&code_challenge={CHALLENGE}&\
             code_challenge_method=S256&prompt=consent",
            self.issuer
        ))
    }

    /// Logs in, and exchanges the code.
    fn log_in(&self, browser: &Browser) -> Tokens {
        let login = self.ask(browser);
        let fields = [("login", "ada"), ("password", "correct horse battery")];
        let consent = browser.decide(&login, "accept", &fields);
        let answer = browser.decide(&consent, "accept", &[]);
        assert_eq!(answer.parameter("iss"), self.issuer);
        let code = answer.parameter("code");
        let form = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        let answer = post(&Client::new(), &format!("{}/token", self.issuer), &form);
        assert_eq!(answer.status(), 200);
        Tokens::of(answer)
    }
}

/// What a client keeps.
#[derive(Clone)]
struct Tokens {
    access: String,
    refresh: String,
}

impl Tokens {
    fn of(answer: Response) -> Self {
        let answer: Value = answer.json().unwrap();
        let text = |name: &str| answer[name].as_str().unwrap().to_owned();
        Self { access: text("access_token"), refresh: text("refresh_token") }
    }
}

fn post(client: &Client, url: &str, form: &[(&str, &str)]) -> Response {
    client.post(url).basic_auth("web", Some(SECRET)).form(form).send().unwrap()
}

fn refresh(client: &Client, issuer: &str, tokens: &Tokens) -> Response {
    let form = [("grant_type", "refresh_token"), ("refresh_token", &tokens.refresh)];
    post(client, &format!("{issuer}/token"), &form)
}

fn is_active(client: &Client, issuer: &str, token: &str) -> bool {
    let answer = post(client, &format!("{issuer}/introspect"), &[("token", token)]);
    answer.json::<Value>().unwrap()["active"] == true
}

#[test]
fn a_login_hops_between_the_replicas_at_every_step() {
    let Some(topology) = Topology::raise() else {
        println!("skipped: PostgreSQL or nginx is missing here");
        return;
    };
    let browser = Browser::new();
    let tokens = topology.log_in(&browser);
    let seen = browser.seen.borrow();
    let served: Vec<_> = seen.iter().map(|headers| headers["x-served-by"].as_bytes()).collect();
    assert!(served.len() >= 5, "{}", served.len());
    for pair in served.windows(2) {
        assert_ne!(pair[0], pair[1], "a step was served where the one before was");
    }
    let ids: BTreeSet<_> = seen.iter().map(|headers| headers["x-request-id"].as_bytes()).collect();
    assert_eq!(ids.len(), served.len(), "each answer carries a request id of its own");
    assert!(is_active(&Client::new(), &topology.issuer, &tokens.access));
}

#[test]
fn the_address_of_a_client_is_what_the_proxy_saw() {
    let Some(topology) = Topology::raise() else {
        println!("skipped: PostgreSQL or nginx is missing here");
        return;
    };
    topology.log_in(&Browser::at("127.0.0.2", "203.0.113.9"));
    let filter = AuditFilter { kind: Some("login.succeeded".into()), ..AuditFilter::default() };
    let events = topology.database.database.read(|tx| Ok(tx.audit_events(&filter, 9)?)).unwrap();
    let addresses: Vec<_> = events.iter().map(|event| &event.details["address"]).collect();
    assert_eq!(addresses, ["127.0.0.2"]);
}

#[test]
fn the_issuer_is_the_same_through_the_proxy_and_without_it() {
    let Some(mut topology) = Topology::raise() else {
        println!("skipped: PostgreSQL or nginx is missing here");
        return;
    };
    let url = format!("{}/.well-known/openid-configuration", topology.issuer);
    let document: Value = reqwest::blocking::get(url).unwrap().json().unwrap();
    assert_eq!(document["issuer"], topology.issuer);
    let replica = &mut topology.replicas[0];
    assert_eq!(replica.get("/.well-known/openid-configuration"), document);
    // That request named the replica, not the issuer, and the log says what to do about it.
    let line = replica.wait_for("a request came for another host than the issuer's");
    assert!(line.contains(&topology.issuer) && line.contains("set `issuer`"), "{line}");

    let report = topology.sandbox.run(&["doctor"]);
    let healthy = format!("{}/jwks publishes the keys that sign", topology.issuer);
    assert!(report.out.contains(&healthy), "{}", report.out);
    topology.replicas.drain(..).for_each(Server::kill);
    let report = finish(topology.sandbox.command(&["doctor"]), "");
    assert_eq!(report.status, Some(1));
    assert!(report.out.contains("the proxy finds no server"), "{}", report.out);
}

/// Refreshes, introspects and fetches the JWKS until told to stop; each status goes to `told`.
fn work(issuer: &str, mut tokens: Tokens, stop: &AtomicBool, told: &Sender<(char, u16)>) -> Tokens {
    let client = Client::new();
    while !stop.load(Ordering::Relaxed) {
        let jwks = client.get(format!("{issuer}/jwks")).send().unwrap().status().as_u16();
        let answer = refresh(&client, issuer, &tokens);
        let refreshed = answer.status().as_u16();
        if refreshed == 200 {
            tokens = Tokens::of(answer);
        }
        let token = [("token", tokens.access.as_str())];
        let asked = post(&client, &format!("{issuer}/introspect"), &token);
        for status in [('j', jwks), ('r', refreshed), ('i', asked.status().as_u16())] {
            told.send(status).unwrap();
        }
    }
    tokens
}

#[test]
fn a_replica_that_dies_under_load_costs_nobody_their_tokens() {
    let Some(mut topology) = Topology::raise() else {
        println!("skipped: PostgreSQL or nginx is missing here");
        return;
    };
    let issuer = topology.issuer.clone();
    let early: Vec<_> = (0..4).map(|_| topology.log_in(&Browser::new())).collect();
    let (told, statuses) = channel();
    let stop = AtomicBool::new(false);
    let mut seen = Vec::new();
    let late: Vec<_> = std::thread::scope(|scope| {
        let workers: Vec<_> = early
            .iter()
            .map(|tokens| {
                let (told, tokens) = (told.clone(), tokens.clone());
                scope.spawn(|| work(&issuer, tokens, &stop, &{ told }))
            })
            .collect();
        seen.extend(statuses.iter().take(60));
        topology.replicas.remove(0).kill();
        seen.extend(statuses.iter().take(180));
        stop.store(true, Ordering::Relaxed);
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    for (what, status) in &seen {
        match what {
            // A GET that a replica did not answer was asked of the other.
            'j' => assert_eq!(*status, 200),
            _ => assert!(matches!(status, 200 | 502..=504), "{what} {status}"),
        }
    }
    let well = seen[60..].iter().filter(|(_, status)| *status == 200).count();
    assert!(well > 100, "only {well} of 180 answers after the death were good");
    let client = Client::new();
    for tokens in early.iter().chain(&late) {
        assert!(is_active(&client, &issuer, &tokens.access));
    }
    for tokens in &late {
        assert_eq!(refresh(&client, &issuer, tokens).status(), 200);
    }
}
