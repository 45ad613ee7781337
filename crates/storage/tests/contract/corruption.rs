//! Rows that cannot be: reported with table, column and key, never read as something else.

use std::fmt::Debug;

use keywright_core::error::Error;
use keywright_core::id::{ClientId, GrantId, InteractionId, Sid, UserId};
use keywright_core::store::{AuditEvent, AuditFilter, KeyState, StoreError, StoreExt as _, Tx};
use keywright_testkit::database::{ScratchDatabase, each};

use crate::rows::{NOW, client_secret, find_grant, interaction, key, populate, write};

/// Spoils one column of the only row of a table and expects to be told just that.
fn expect_report<T: Debug>(
    spoil: (&'static str, &'static str, &str),
    id: &str,
    find: impl Fn(&mut dyn Tx) -> Result<T, StoreError>,
) {
    let (table, column, value) = spoil;
    each(|scratch| {
        populate(&scratch);
        more(&scratch);
        scratch.execute(&format!("UPDATE {table} SET {column} = {value}"));
        let answer = scratch.database.read(|tx| Ok(find(tx)?));
        let Err(Error::Store(StoreError::Corrupt { table: t, column: c, id: i })) = answer else {
            panic!("{table}.{column} = {value}: {answer:?}");
        };
        assert_eq!((t, c, i.as_str()), (table, column, id));
    });
}

fn more(scratch: &ScratchDatabase) {
    write(scratch, |tx| {
        tx.insert_client_secret(&client_secret("s1", "c1"))?;
        tx.insert_interaction(&interaction("i1"))?;
        tx.insert_key(&key("k1", KeyState::Active))?;
        tx.audit(&AuditEvent {
            id: keywright_core::id::RowId::new("e1"),
            at: NOW,
            kind: "login.failed".into(),
            request_id: String::new(),
            user_id: None,
            client_id: None,
            grant_id: None,
            details: serde_json::Map::new(),
        })
    });
}

#[test]
fn a_corrupt_client_is_reported() {
    let id = ClientId::new("c1");
    for (column, value) in
        [("metadata", "'{'"), ("metadata", "'{\"grant_types\":[\"magic\"]}'"), ("origin", "'x'")]
    {
        expect_report(("clients", column, value), "c1", |tx| tx.find_client(&id));
        expect_report(("clients", column, value), "c1", |tx| tx.clients());
    }
    expect_report(("client_secrets", "digest", "substr(digest, 1, 3)"), "s1", |tx| {
        tx.client_secrets(&id)
    });
}

#[test]
fn a_corrupt_user_is_reported() {
    let id = UserId::new("u1");
    for (column, value) in
        [("claims", "'[]'"), ("groups", "'{}'"), ("roles", "'admin'"), ("origin", "''")]
    {
        // Not every database takes `groups` for a name without quotes.
        let quoted = if column == "groups" { "\"groups\"" } else { column };
        each(|scratch| {
            populate(&scratch);
            scratch.execute(&format!("UPDATE users SET {quoted} = {value}"));
            let answer = scratch.database.read(|tx| Ok(tx.find_user(&id)?));
            let Err(Error::Store(StoreError::Corrupt { table, column: c, .. })) = answer else {
                panic!("{column}: {answer:?}");
            };
            assert_eq!((table, c), ("users", column));
        });
    }
}

#[test]
fn a_corrupt_session_is_reported() {
    let sid = Sid::new("sid-1");
    for value in ["'[]'", "'null'", "'[{\"amr\":\"pwd\"}]'"] {
        expect_report(("sessions", "methods", value), "sid-1", |tx| tx.find_session_by_sid(&sid));
    }
    let user = UserId::new("u1");
    expect_report(("sessions", "cookie", "substr(cookie, 1, 3)"), "sid-1", |tx| {
        tx.sessions_of(&user)
    });
}

#[test]
fn a_corrupt_interaction_is_reported() {
    let id = InteractionId::new("i1");
    expect_report(("interactions", "browser", "substr(browser, 1, 3)"), "i1", |tx| {
        tx.find_interaction(&id)
    });
}

#[test]
fn a_corrupt_grant_is_reported() {
    let id = GrantId::new("g1");
    for (column, value) in [
        ("scopes", "'openid'"),
        ("resources", "'[]'"),
        ("claims", "''"),
        ("amr", "'{}'"),
        ("confirmation", "'{\"kid\":\"x\"}'"),
        ("actor", "'{'"),
        ("revoked_at", "1"),
    ] {
        expect_report(("grants", column, value), "g1", |tx| find_grant(tx, &id));
    }
}

#[test]
fn corrupt_codes_and_refresh_states_are_reported() {
    let id = GrantId::new("g1");
    expect_report(("codes", "confirmation", "'x'"), "g1", |tx| tx.find_code(&GrantId::new("g1")));
    for (column, value) in
        [("family", "substr(family, 1, 31)"), ("token", "substr(token, 1, 0)"), ("recent", "'{}'")]
    {
        expect_report(("refresh_tokens", column, value), "g1", |tx| tx.find_refresh(&id));
    }
}

#[test]
fn a_corrupt_key_is_reported() {
    for (column, value) in [("state", "'lost'"), ("algorithm", "'none'")] {
        expect_report(("signing_keys", column, value), "k1", |tx| tx.keys());
    }
}

#[test]
fn a_corrupt_audit_event_is_reported() {
    expect_report(("audit_events", "details", "'[]'"), "e1", |tx| {
        tx.audit_events(&AuditFilter::default(), 10)
    });
}

#[test]
fn a_missing_version_is_reported_and_not_taken_for_the_first() {
    each(|scratch| {
        scratch.execute("DELETE FROM versions WHERE aggregate = 'keys'");
        let read = scratch.database.read(|tx| Ok(tx.versions()?));
        assert!(matches!(read, Err(Error::Store(StoreError::Corrupt { .. }))), "{read:?}");
        let bumped = scratch.database.write(|tx| Ok(tx.insert_key(&key("k1", KeyState::Active))?));
        assert!(matches!(bumped, Err(Error::Store(StoreError::Corrupt { .. }))), "{bumped:?}");
    });
}
