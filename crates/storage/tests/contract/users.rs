//! `UserTx`.

use std::sync::mpsc;
use std::time::Duration;

use keywright_core::id::{ClientId, GrantId, Subject, UserId};
use keywright_core::store::{
    ConsentKey, ConsentRow, CredentialKind, CredentialRow, IdentityRow, Origin, StoreError, UserRow,
};
use keywright_testkit::database::each;

use crate::rows::{NOW, at, client, find_grant, grant, populate, read, session, user, write};

fn password(user: &str, data: &[u8]) -> CredentialRow {
    CredentialRow {
        user_id: UserId::new(user),
        kind: CredentialKind::Password,
        data: data.to_vec(),
        set_by_user: false,
        updated_at: NOW,
    }
}

fn identity(subject: &str, user: &str) -> IdentityRow {
    IdentityRow {
        provider: "corp".into(),
        subject: subject.into(),
        user_id: UserId::new(user),
        created_at: NOW,
    }
}

#[test]
fn a_user_is_found_by_id_subject_and_login() {
    each(|scratch| {
        let mut row = user("u1");
        row.origin = Origin::Config;
        row.disabled_at = Some(at(4));
        row.roles = vec!["admin".into()];
        write(&scratch, |tx| tx.insert_user(&row));
        let expected = format!("{:?}", Some(&row));
        let by_id = read(&scratch, |tx| tx.find_user(&row.id));
        let by_subject = read(&scratch, |tx| tx.find_user_by_subject(&row.subject));
        let by_login = read(&scratch, |tx| tx.find_user_by_login("u1@example.com"));
        for found in [by_id, by_subject, by_login] {
            assert_eq!(format!("{:?}", found.as_ref()), expected);
        }
        assert!(read(&scratch, |tx| tx.find_user_by_login("sub-u1")).is_none());
        assert!(read(&scratch, |tx| tx.find_user(&UserId::new("sub-u1"))).is_none());
    });
}

#[test]
fn a_taken_id_login_or_subject_is_a_conflict() {
    each(|scratch| {
        write(&scratch, |tx| tx.insert_user(&user("u1")));
        let mut same_login = user("u2");
        same_login.login = "u1@example.com".into();
        let mut same_subject = user("u3");
        same_subject.subject = Subject::new("sub-u1");
        let mut same_id = user("u4");
        same_id.id = UserId::new("u1");
        for row in [same_login, same_subject, same_id] {
            let answer = write(&scratch, |tx| Ok(tx.insert_user(&row)));
            assert!(matches!(answer, Err(StoreError::Conflict("user"))), "{answer:?}");
        }
    });
}

#[test]
fn an_update_writes_every_column_and_refuses_a_taken_login() {
    each(|scratch| {
        let mut before = user("u1");
        before.disabled_at = Some(NOW);
        write(&scratch, |tx| tx.insert_user(&before));
        write(&scratch, |tx| tx.insert_user(&user("u2")));
        let mut changed = user("u1");
        changed.login = "new@example.com".into();
        changed.groups = vec![];
        changed.updated_at = at(8);
        assert!(write(&scratch, |tx| tx.update_user(&changed)));
        let found = read(&scratch, |tx| tx.find_user(&changed.id));
        assert_eq!(format!("{found:?}"), format!("{:?}", Some(&changed)));

        changed.login = "u2@example.com".into();
        let answer = write(&scratch, |tx| {
            let answer = tx.update_user(&changed);
            tx.put_setting("still usable", Some(b"yes"))?;
            Ok(answer)
        });
        assert!(matches!(answer, Err(StoreError::Conflict(_))), "{answer:?}");
        assert!(!write(&scratch, |tx| tx.update_user(&user("u3"))));
    });
}

#[test]
fn users_come_in_pages_in_the_order_of_their_logins() {
    each(|scratch| {
        for id in ["d", "b", "a", "c"] {
            write(&scratch, |tx| tx.insert_user(&user(id)));
        }
        let page = |after: Option<&str>, limit| -> Vec<String> {
            let users = read(&scratch, |tx| tx.users(after, limit));
            users.into_iter().map(|u| u.id.to_string()).collect()
        };
        assert_eq!(page(None, 3), ["a", "b", "c"]);
        assert_eq!(page(Some("c@example.com"), 3), ["d"]);
        assert_eq!(page(Some("d@example.com"), 3), Vec::<String>::new());
    });
}

#[test]
fn users_of_one_origin_come_in_pages_without_the_others() {
    each(|scratch| {
        for (id, origin) in [
            ("d", Origin::Config),
            ("b", Origin::Cli),
            ("c", Origin::Config),
            ("a", Origin::Config),
            ("e", Origin::Dynamic),
        ] {
            let row = UserRow { origin, ..user(id) };
            write(&scratch, |tx| tx.insert_user(&row));
        }
        let page = |origin, after: Option<&str>| -> Vec<String> {
            let users = read(&scratch, |tx| tx.users_of_origin(origin, after, 2));
            users.into_iter().map(|u| u.id.to_string()).collect()
        };
        assert_eq!(page(Origin::Config, None), ["a", "c"]);
        assert_eq!(page(Origin::Config, Some("c@example.com")), ["d"]);
        assert_eq!(page(Origin::Cli, None), ["b"]);
        assert_eq!(page(Origin::Cli, Some("b@example.com")), Vec::<String>::new());
    });
}

#[test]
fn an_administrator_is_found_among_users_with_other_roles() {
    each(|scratch| {
        for (id, roles) in [("u1", &[][..]), ("u2", &["auditor"]), ("u3", &[]), ("u4", &["z"])] {
            let roles = roles.iter().map(ToString::to_string).collect();
            let row = UserRow { roles, ..user(id) };
            write(&scratch, |tx| tx.insert_user(&row));
        }
        assert!(!read(&scratch, |tx| tx.has_administrator()));
        let row = UserRow { roles: vec!["y".into(), "admin".into()], ..user("u5") };
        write(&scratch, |tx| tx.insert_user(&row));
        assert!(read(&scratch, |tx| tx.has_administrator()));
    });
}

#[test]
fn a_credential_is_one_per_kind_and_the_last_one_counts() {
    each(|scratch| {
        write(&scratch, |tx| tx.insert_user(&user("u1")));
        let id = UserId::new("u1");
        write(&scratch, |tx| tx.put_credential(&password("u1", b"bcrypt$first")));
        let mut second = password("u1", b"bcrypt$second");
        second.set_by_user = true;
        second.updated_at = at(5);
        write(&scratch, |tx| tx.put_credential(&second));
        let mut totp = password("u1", &[0, 255]);
        totp.kind = CredentialKind::Totp;
        write(&scratch, |tx| tx.put_credential(&totp));

        let find = |kind| read(&scratch, |tx| tx.find_credential(&id, kind));
        let found = find(CredentialKind::Password).unwrap();
        assert_eq!(found.data, b"bcrypt$second");
        assert!(found.set_by_user);
        assert_eq!(found.updated_at, at(5));
        assert_eq!(find(CredentialKind::Totp).unwrap().data, [0, 255]);
        assert!(find(CredentialKind::Passkey).is_none());
    });
}

#[test]
fn a_credential_is_replaced_only_while_it_is_what_was_expected() {
    each(|scratch| {
        write(&scratch, |tx| tx.insert_user(&user("u1")));
        let mut next = password("u1", b"bcrypt$next");
        next.set_by_user = true;
        next.updated_at = at(5);
        assert!(!write(&scratch, |tx| tx.claim_credential(b"bcrypt$", &next)), "there is none");
        write(&scratch, |tx| tx.put_credential(&password("u1", b"bcrypt$")));
        assert!(!write(&scratch, |tx| tx.claim_credential(b"other", &next)));
        assert!(write(&scratch, |tx| tx.claim_credential(b"bcrypt$", &next)));
        assert!(!write(&scratch, |tx| tx.claim_credential(b"bcrypt$", &next)));
        let id = UserId::new("u1");
        let found = read(&scratch, |tx| tx.find_credential(&id, CredentialKind::Password)).unwrap();
        assert_eq!((found.data.as_slice(), found.set_by_user), (&b"bcrypt$next"[..], true));
        assert_eq!(found.updated_at, at(5));
    });
}

#[test]
fn an_administrator_is_who_has_that_role_and_no_similar_one() {
    each(|scratch| {
        let mut row = user("u1");
        for roles in [&[][..], &["Admin"], &["administrator"], &["x\",\"admin"]] {
            row.roles = roles.iter().map(ToString::to_string).collect();
            write(&scratch, |tx| tx.remove_user(&row.id));
            write(&scratch, |tx| tx.insert_user(&row));
            assert!(!read(&scratch, |tx| tx.has_administrator()), "{roles:?}");
        }
        row.roles = vec!["auditor".into(), "admin".into()];
        row.disabled_at = Some(NOW);
        write(&scratch, |tx| tx.update_user(&row));
        assert!(read(&scratch, |tx| tx.has_administrator()));
    });
}

#[test]
fn an_identity_belongs_to_one_user() {
    each(|scratch| {
        write(&scratch, |tx| tx.insert_user(&user("u1")));
        write(&scratch, |tx| tx.insert_user(&user("u2")));
        write(&scratch, |tx| tx.insert_identity(&identity("x", "u1")));
        let again = write(&scratch, |tx| Ok(tx.insert_identity(&identity("x", "u2"))));
        assert!(matches!(again, Err(StoreError::Conflict(_))), "{again:?}");
        let found = read(&scratch, |tx| tx.find_identity("corp", "x")).unwrap();
        assert_eq!(found.user_id, UserId::new("u1"));
        assert!(read(&scratch, |tx| tx.find_identity("other", "x")).is_none());
    });
}

#[test]
fn removing_a_user_removes_all_that_is_theirs() {
    each(|scratch| {
        write(&scratch, |tx| tx.insert_client(&client("c1")));
        let mut empty = scratch.contents();
        write(&scratch, |tx| tx.remove_client(&ClientId::new("c1")));
        populate(&scratch);
        write(&scratch, |tx| {
            tx.put_credential(&password("u1", b"bcrypt$"))?;
            tx.insert_identity(&identity("x", "u1"))?;
            tx.put_consent(&ConsentRow {
                user_id: UserId::new("u1"),
                client_id: ClientId::new("c1"),
                key: ConsentKey {
                    resource: String::new(),
                    scope: String::new(),
                    claim: "email".into(),
                },
                granted_at: NOW,
            })
        });
        assert!(write(&scratch, |tx| tx.remove_user(&UserId::new("u1"))));
        assert!(!write(&scratch, |tx| tx.remove_user(&UserId::new("u1"))));
        let mut contents = scratch.contents();
        contents.remove("versions");
        empty.remove("versions");
        assert_eq!(contents, empty);
    });
}

#[test]
fn removing_a_user_spares_the_others() {
    each(|scratch| {
        populate(&scratch);
        write(&scratch, |tx| tx.insert_user(&user("u2")));
        write(&scratch, |tx| tx.insert_session(&session("sid-2", "u2", 2)));
        write(&scratch, |tx| tx.insert_grant(&grant("g2", Some("u2"), "c1")));
        write(&scratch, |tx| tx.remove_user(&UserId::new("u1")));
        assert!(read(&scratch, |tx| find_grant(tx, &GrantId::new("g2"))).is_some());
        assert_eq!(read(&scratch, |tx| tx.sessions_of(&UserId::new("u2"))).len(), 1);
    });
}

#[test]
fn a_user_who_is_held_is_nobody_elses_until_the_transaction_ends() {
    each(|scratch| {
        write(&scratch, |tx| tx.insert_user(&user("u1")));
        let id = UserId::new("u1");
        let (held, is_held) = mpsc::channel();
        let (got, other) = mpsc::channel();
        std::thread::scope(|scope| {
            let (scratch, id) = (&scratch, &id);
            scope.spawn(move || {
                is_held.recv().unwrap();
                got.send(write(scratch, |tx| tx.hold_user(id))).unwrap();
            });
            write(scratch, |tx| {
                assert!(tx.hold_user(id)?);
                held.send(()).unwrap();
                let early = other.recv_timeout(Duration::from_millis(100));
                assert!(early.is_err(), "two transactions hold the user");
                Ok(())
            });
            assert!(other.recv().unwrap());
        });
        assert!(!write(&scratch, |tx| tx.hold_user(&UserId::new("nobody"))));
    });
}
