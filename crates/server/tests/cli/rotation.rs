//! Keys rotate under load, and no verification fails.

use std::collections::{BTreeSet, VecDeque};
use std::thread;

use josekit::jwk::JwkSet;
use josekit::jws::{self, ES256};
use josekit::jwt;
use serde_json::Value;

use crate::sandbox::Sandbox;

/// A second of announcement, three of signing, ten published afterwards; tokens live for six.
const SHORT_WINDOWS: &str = "
[keys]
algorithms = ['RS256', 'ES256']
announce = '1s'
active = '3s'
retired = '10s'
allow_short_windows = true
[[resources]]
identifier = 'https://api.example'
name = 'API'
algorithm = 'ES256'
access_token_lifetime = '6s'
scopes = [{ name = 'api', description = 'Use the API' }]
[[clients]]
client_id = 'robot'
client_secret = 'the-secret-of-the-robot-which-is-long'
grant_types = ['client_credentials']
scope = 'api'
";

/// First key and three successors.
const KEYS: usize = 4;

/// Seconds after which the test gives up.
const PATIENCE: i64 = 40;

/// A resource server: it keeps the key set, and fetches it again for a `kid` it does not know.
struct Verifier<'a> {
    url: &'a str,
    http: reqwest::blocking::Client,
    keys: JwkSet,
}

impl<'a> Verifier<'a> {
    fn new(url: &'a str) -> Self {
        let mut verifier =
            Self { url, http: reqwest::blocking::Client::new(), keys: JwkSet::new() };
        verifier.fetch();
        verifier
    }

    fn fetch(&mut self) {
        let answer = self.http.get(format!("{}/jwks", self.url)).send().unwrap();
        self.keys = JwkSet::from_bytes(answer.bytes().unwrap()).unwrap();
    }

    fn token(&self) -> String {
        let secret = "the-secret-of-the-robot-which-is-long";
        let request = self.http.post(format!("{}/token", self.url));
        let request = request.basic_auth("robot", Some(secret));
        let form = [("grant_type", "client_credentials"), ("scope", "api")];
        let answer = request.form(&form).send().unwrap();
        let status = answer.status();
        let answer: Value = answer.json().unwrap();
        assert!(status.is_success(), "{answer}");
        answer["access_token"].as_str().unwrap().to_owned()
    }

    /// Verifies; `kid` and `iat`.
    fn verify(&mut self, token: &str) -> (String, i64) {
        let header = jwt::decode_header(token).unwrap();
        let kid = header.claim("kid").and_then(Value::as_str).unwrap().to_owned();
        if self.keys.get(&kid).is_empty() {
            self.fetch();
        }
        let keys = self.keys.get(&kid);
        let key = keys.first().unwrap_or_else(|| panic!("the key {kid} is not published"));
        let verifier = ES256.verifier_from_jwk(key).unwrap();
        let (payload, _) = jws::deserialize_compact(token, &verifier).unwrap();
        let claims: Value = serde_json::from_slice(&payload).unwrap();
        (kid, claims["iat"].as_i64().unwrap())
    }
}

/// Fetches and verifies tokens until `KEYS` keys have signed; each token again five seconds later,
/// by somebody who has never seen the key set. The `iat` of the newest token is the clock.
fn load(url: &str) -> BTreeSet<String> {
    let mut verifier = Verifier::new(url);
    let mut signers = BTreeSet::new();
    let mut waiting = VecDeque::new();
    let mut start = None;
    while signers.len() < KEYS {
        let token = verifier.token();
        let (kid, now) = verifier.verify(&token);
        signers.insert(kid);
        let start = *start.get_or_insert(now);
        assert!(now - start < PATIENCE, "only {signers:?} signed within {PATIENCE} seconds");
        if waiting.back().is_none_or(|(issued, _)| *issued < now) {
            waiting.push_back((now, token));
        }
        while waiting.front().is_some_and(|(issued, _)| now - issued >= 5) {
            let (_, old) = waiting.pop_front().unwrap();
            Verifier::new(url).verify(&old);
        }
    }
    signers
}

#[test]
fn rotating_keys_under_load_fails_no_verification() {
    let sandbox = Sandbox::configured(SHORT_WINDOWS);
    let server = sandbox.serve();
    thread::scope(|scope| {
        let loads: Vec<_> = (0..2).map(|_| scope.spawn(|| load(&server.url))).collect();
        for load in loads {
            assert_eq!(load.join().unwrap().len(), KEYS);
        }
    });
}
