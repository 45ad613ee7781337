//! `ClientTx`.

use keywright_core::id::{ClientId, GrantId, RowId, UserId};
use keywright_core::store::{ConsentKey, ConsentRow, Origin, StoreError};
use keywright_testkit::database::each;

use crate::rows::{
    NOW, access_token, at, client, client_secret, digest, find_grant, populate, read, write,
};

#[test]
fn a_client_comes_back_as_it_was_written() {
    each(|scratch| {
        let mut row = client("c1");
        row.origin = Origin::Config;
        row.disabled_at = Some(at(1));
        row.tokens_not_before = Some(at(2));
        row.updated_at = at(3);
        write(&scratch, |tx| tx.insert_client(&row));
        let found = read(&scratch, |tx| tx.find_client(&row.id)).unwrap();
        assert_eq!(format!("{found:?}"), format!("{row:?}"));
        assert!(read(&scratch, |tx| tx.find_client(&ClientId::new("C1"))).is_none());
    });
}

#[test]
fn an_update_writes_every_column_and_clears_what_is_none() {
    each(|scratch| {
        let mut row = client("c1");
        row.disabled_at = Some(at(1));
        row.tokens_not_before = Some(at(1));
        write(&scratch, |tx| tx.insert_client(&row));
        let mut changed = client("c1");
        changed.metadata.client_name = "Other".into();
        changed.origin = Origin::Dynamic;
        changed.updated_at = at(9);
        assert!(write(&scratch, |tx| tx.update_client(&changed)));
        let found = read(&scratch, |tx| tx.find_client(&row.id)).unwrap();
        assert_eq!(format!("{found:?}"), format!("{changed:?}"));
        assert!(!write(&scratch, |tx| tx.update_client(&client("c2"))));
        assert_eq!(read(&scratch, |tx| tx.clients()).len(), 1);
    });
}

#[test]
fn clients_come_by_id_in_byte_order() {
    each(|scratch| {
        for id in ["b", "a", "B", "_"] {
            write(&scratch, |tx| tx.insert_client(&client(id)));
        }
        let ids: Vec<_> =
            read(&scratch, |tx| tx.clients()).into_iter().map(|c| c.id.to_string()).collect();
        assert_eq!(ids, ["B", "_", "a", "b"]);
    });
}

#[test]
fn a_known_client_id_is_a_conflict() {
    each(|scratch| {
        write(&scratch, |tx| tx.insert_client(&client("c1")));
        let answer = write(&scratch, |tx| Ok(tx.insert_client(&client("c1"))));
        assert!(matches!(answer, Err(StoreError::Conflict(_))), "{answer:?}");
    });
}

#[test]
fn removing_a_client_removes_all_that_is_its_own() {
    each(|scratch| {
        let empty = {
            write(&scratch, |tx| tx.insert_user(&crate::rows::user("u1")));
            write(&scratch, |tx| tx.insert_session(&crate::rows::session("sid-1", "u1", 1)));
            let mut contents = scratch.contents();
            contents.remove("versions");
            contents
        };
        write(&scratch, |tx| tx.remove_user(&UserId::new("u1")));
        populate(&scratch);
        write(&scratch, |tx| {
            tx.insert_client_secret(&client_secret("s1", "c1"))?;
            tx.insert_access_token(&access_token(2, None))?;
            tx.put_consent(&ConsentRow {
                user_id: UserId::new("u1"),
                client_id: ClientId::new("c1"),
                key: ConsentKey {
                    resource: String::new(),
                    scope: "openid".into(),
                    claim: String::new(),
                },
                granted_at: NOW,
            })
        });
        assert!(write(&scratch, |tx| tx.remove_client(&ClientId::new("c1"))));
        assert!(!write(&scratch, |tx| tx.remove_client(&ClientId::new("c1"))));
        let mut contents = scratch.contents();
        contents.remove("versions");
        assert_eq!(contents, empty);
        assert!(read(&scratch, |tx| find_grant(tx, &GrantId::new("g1"))).is_none());
    });
}

#[test]
fn secrets_come_newest_first_expired_ones_included() {
    each(|scratch| {
        write(&scratch, |tx| tx.insert_client(&client("c1")));
        write(&scratch, |tx| tx.insert_client(&client("c2")));
        let mut old = client_secret("s1", "c1");
        old.expires_at = Some(at(-5));
        let mut new = client_secret("s2", "c1");
        new.created_at = at(10);
        new.digest = digest(255);
        for secret in [&old, &new, &client_secret("s3", "c2")] {
            write(&scratch, |tx| tx.insert_client_secret(secret));
        }
        let found = read(&scratch, |tx| tx.client_secrets(&ClientId::new("c1")));
        assert_eq!(found.iter().map(|s| s.id.as_str()).collect::<Vec<_>>(), ["s2", "s1"]);
        assert!(found[0].digest.matches(&digest(255)));
        assert_eq!(found[0].expires_at, None);
        assert_eq!(found[1].expires_at, Some(at(-5)));
    });
}

#[test]
fn expiring_secrets_spares_the_new_one_and_never_extends() {
    each(|scratch| {
        write(&scratch, |tx| tx.insert_client(&client("c1")));
        for (id, expires_at) in [("soon", Some(at(5))), ("late", Some(at(500))), ("never", None)] {
            let mut secret = client_secret(id, "c1");
            secret.expires_at = expires_at;
            write(&scratch, |tx| tx.insert_client_secret(&secret));
        }
        write(&scratch, |tx| tx.insert_client_secret(&client_secret("new", "c1")));
        let id = ClientId::new("c1");
        write(&scratch, |tx| tx.expire_client_secrets(&id, Some(&RowId::new("new")), at(100)));
        let ends = |name: &str| {
            let secrets = read(&scratch, |tx| tx.client_secrets(&id));
            secrets.into_iter().find(|s| s.id.as_str() == name).unwrap().expires_at
        };
        assert_eq!(ends("soon"), Some(at(5)));
        assert_eq!(ends("late"), Some(at(100)));
        assert_eq!(ends("never"), Some(at(100)));
        assert_eq!(ends("new"), None);
        write(&scratch, |tx| tx.expire_client_secrets(&id, None, at(50)));
        assert_eq!(ends("new"), Some(at(50)));
        assert_eq!(ends("soon"), Some(at(5)));
    });
}

#[test]
fn each_write_to_clients_raises_their_version() {
    each(|scratch| {
        let id = ClientId::new("c1");
        let version = || read(&scratch, |tx| Ok(tx.versions()?.clients));
        let mut last = version();
        let mut expect_rise = |verb: &str| {
            let now = version();
            assert!(now > last, "{verb}");
            last = now;
        };
        write(&scratch, |tx| tx.insert_client(&client("c1")));
        expect_rise("insert_client");
        write(&scratch, |tx| tx.update_client(&client("c1")));
        expect_rise("update_client");
        write(&scratch, |tx| tx.insert_client_secret(&client_secret("s1", "c1")));
        expect_rise("insert_client_secret");
        write(&scratch, |tx| tx.expire_client_secrets(&id, None, NOW));
        expect_rise("expire_client_secrets");
        write(&scratch, |tx| tx.remove_client(&id));
        expect_rise("remove_client");
    });
}
