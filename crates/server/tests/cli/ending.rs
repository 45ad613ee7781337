//! What ends when an administrator sets a password or disables a user: everything.

use std::collections::BTreeMap;

use keywright_core::claims::request::ClaimsRequest;
use keywright_core::id::{ClientId, GrantId, Sid};
use keywright_core::secret::Digest;
use keywright_core::store::{Authentication, GrantRow, SessionRow, StoreExt as _, UserRow};
use keywright_core::time::Timestamp;
use serde_json::Value;

use crate::sandbox::Sandbox;

const BEGIN: Timestamp = Timestamp(1_700_000_000);
const FAR: Timestamp = Timestamp(9_000_000_000);

const DECLARED: &str = "[[users]]
login = 'ada'
password = 'the first password'
";

fn session(user: &UserRow, sid: &str, cookie: u8) -> SessionRow {
    SessionRow {
        cookie: Digest([cookie; 32]),
        sid: Sid::new(sid),
        user_id: user.id.clone(),
        methods: vec![Authentication { amr: "pwd".into(), at: BEGIN }],
        user_agent: "Firefox".into(),
        created_at: BEGIN,
        last_seen_at: BEGIN,
        expires_at: FAR,
    }
}

fn grant(user: &UserRow, id: &str, session_bound: bool) -> GrantRow {
    GrantRow {
        id: GrantId::new(id),
        user_id: Some(user.id.clone()),
        client_id: ClientId::new("notes"),
        sid: Some(Sid::new(format!("{}-1", user.login))),
        session_bound,
        subject: user.subject.clone(),
        scopes: ["openid"].into_iter().collect(),
        resources: BTreeMap::new(),
        claims: ClaimsRequest::default(),
        auth_time: BEGIN,
        acr: None,
        amr: vec!["pwd".into()],
        confirmation: None,
        actor: Value::Null,
        created_at: BEGIN,
        expires_at: FAR,
        revoked: None,
    }
}

/// Gives a user two sessions and two grants, one of which outlives its session.
fn begin(sandbox: &Sandbox, login: &str, cookie: u8) {
    let written = sandbox.database().write(|tx| {
        let user = tx.find_user_by_login(login)?.unwrap();
        for number in 1..=2 {
            let sid = format!("{login}-{number}");
            tx.insert_session(&session(&user, &sid, cookie + number))?;
            tx.insert_grant(&grant(&user, &sid, number == 1))?;
        }
        Ok(())
    });
    written.unwrap();
}

/// How many sessions a user has, and why each grant was revoked.
fn left(sandbox: &Sandbox, login: &str) -> (usize, Vec<String>) {
    let read = sandbox.database().read(|tx| {
        let user = tx.find_user_by_login(login)?.unwrap();
        let mut reasons = Vec::new();
        for number in 1..=2 {
            let grant =
                tx.find_standing(&GrantId::new(format!("{login}-{number}")), None)?.unwrap().grant;
            reasons.push(grant.revoked.map_or_else(|| "live".to_owned(), |(_, reason)| reason));
        }
        Ok((tx.sessions_of(&user.id)?.len(), reasons))
    });
    read.unwrap()
}

fn ended(reason: &str) -> (usize, Vec<String>) {
    (0, vec![reason.to_owned(); 2])
}

fn untouched() -> (usize, Vec<String>) {
    (2, vec!["live".to_owned(); 2])
}

fn add_client(sandbox: &Sandbox) {
    sandbox.run(&["clients", "add", "notes", "--redirect-uri", "https://n.example/cb"]).ok();
}

/// Two users of the command line who both have begun something.
fn ada_and_bob() -> Sandbox {
    let sandbox = Sandbox::new();
    add_client(&sandbox);
    for (login, cookie) in [("ada", 10), ("bob", 20)] {
        sandbox.run(&["users", "add", login, "--no-password"]).ok();
        begin(&sandbox, login, cookie);
    }
    sandbox
}

/// A user of the file who has begun something.
fn declared_ada() -> Sandbox {
    let sandbox = Sandbox::configured(DECLARED);
    add_client(&sandbox);
    sandbox.restart();
    begin(&sandbox, "ada", 10);
    sandbox
}

#[test]
fn a_password_set_by_an_administrator_ends_everything_of_that_user_alone() {
    let sandbox = ada_and_bob();
    sandbox.run_with(&["users", "set-password", "ada"], "another password\n").ok();
    assert_eq!(left(&sandbox, "ada"), ended("password_changed"));
    assert_eq!(left(&sandbox, "bob"), untouched());
}

#[test]
fn a_password_that_is_refused_ends_nothing() {
    let sandbox = ada_and_bob();
    sandbox.run_with(&["users", "set-password", "ada"], "short\n").refused();
    assert_eq!(left(&sandbox, "ada"), untouched());
}

#[test]
fn disabling_a_user_ends_everything_and_enabling_revives_nothing() {
    let sandbox = ada_and_bob();
    sandbox.run(&["users", "disable", "ada"]).ok();
    assert_eq!(left(&sandbox, "ada"), ended("user_disabled"));
    sandbox.run(&["users", "enable", "ada"]).ok();
    assert_eq!(left(&sandbox, "ada"), ended("user_disabled"));
    assert_eq!(left(&sandbox, "bob"), untouched());
}

#[test]
fn a_changed_declared_password_ends_everything_and_an_unchanged_one_nothing() {
    let sandbox = declared_ada();
    sandbox.restart();
    assert_eq!(left(&sandbox, "ada"), untouched());
    sandbox.write("keywright.toml", &DECLARED.replace("the first", "the second"));
    sandbox.restart();
    assert_eq!(left(&sandbox, "ada"), ended("password_changed"));
}

#[test]
fn a_user_gone_from_the_file_loses_everything_and_comes_back_with_nothing() {
    let sandbox = declared_ada();
    sandbox.write("keywright.toml", "");
    sandbox.restart();
    assert_eq!(left(&sandbox, "ada"), ended("user_disabled"));
    sandbox.write("keywright.toml", DECLARED);
    sandbox.restart();
    assert_eq!(left(&sandbox, "ada"), ended("user_disabled"));
}
