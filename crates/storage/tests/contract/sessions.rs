//! `SessionTx`.

use std::sync::mpsc;
use std::time::Duration;

use keywright_core::id::{GrantId, Sid, UserId};
use keywright_core::store::Authentication;
use keywright_testkit::database::each;

use crate::rows::{at, digest, find_grant, grant, populate, read, session, user, write};

#[test]
fn a_session_is_found_by_cookie_and_by_sid() {
    each(|scratch| {
        write(&scratch, |tx| tx.insert_user(&user("u1")));
        let row = session("sid-1", "u1", 9);
        write(&scratch, |tx| tx.insert_session(&row));
        let expected = format!("{:?}", Some(&row));
        let by_cookie = read(&scratch, |tx| tx.find_session(&digest(9))).unwrap();
        assert!(by_cookie.cookie.matches(&digest(9)));
        assert_eq!(format!("{:?}", Some(&by_cookie)), expected);
        let by_sid = read(&scratch, |tx| tx.find_session_by_sid(&row.sid));
        assert_eq!(format!("{by_sid:?}"), expected);
        assert!(read(&scratch, |tx| tx.find_session(&digest(8))).is_none());
    });
}

#[test]
fn a_session_that_is_held_does_not_end_before_the_transaction_does() {
    each(|scratch| {
        populate(&scratch);
        let (held, is_held) = mpsc::channel();
        let (ended, other) = mpsc::channel();
        std::thread::scope(|scope| {
            let scratch = &scratch;
            scope.spawn(move || {
                is_held.recv().unwrap();
                let row = session("sid-1", "u1", 1);
                ended.send(write(scratch, |tx| tx.end_session(&row, at(50)))).unwrap();
            });
            write(scratch, |tx| {
                let (session, user) = tx.hold_session_and_user(&digest(1))?.unwrap();
                assert_eq!((session.sid.as_str(), user.id.as_str()), ("sid-1", "u1"));
                held.send(()).unwrap();
                let early = other.recv_timeout(Duration::from_millis(100));
                assert!(early.is_err(), "the session ended while it was held");
                Ok(())
            });
            assert!(other.recv().unwrap());
        });
    });
}

#[test]
fn a_session_that_ended_with_everything_of_its_user_is_not_held_afterwards() {
    each(|scratch| {
        populate(&scratch);
        let (held, is_held) = mpsc::channel();
        let (got, other) = mpsc::channel();
        std::thread::scope(|scope| {
            let scratch = &scratch;
            scope.spawn(move || {
                is_held.recv().unwrap();
                let found = write(scratch, |tx| tx.hold_session_and_user(&digest(1)));
                got.send(found.is_some()).unwrap();
            });
            write(scratch, |tx| {
                tx.hold_user(&UserId::new("u1"))?;
                held.send(()).unwrap();
                let early = other.recv_timeout(Duration::from_millis(100));
                assert!(early.is_err(), "two transactions hold the user");
                tx.end_session(&session("sid-1", "u1", 1), at(50)).map(drop)
            });
            assert!(!other.recv().unwrap());
        });
    });
}

#[test]
fn the_sessions_of_a_user_come_newest_first() {
    each(|scratch| {
        write(&scratch, |tx| tx.insert_user(&user("u1")));
        write(&scratch, |tx| tx.insert_user(&user("u2")));
        for (sid, user, cookie, age) in [("a", "u1", 1, 5), ("b", "u1", 2, 9), ("c", "u2", 3, 7)] {
            let mut row = session(sid, user, cookie);
            row.created_at = at(age);
            write(&scratch, |tx| tx.insert_session(&row));
        }
        let found = read(&scratch, |tx| tx.sessions_of(&UserId::new("u1")));
        assert_eq!(found.iter().map(|s| s.sid.as_str()).collect::<Vec<_>>(), ["b", "a"]);
    });
}

#[test]
fn an_update_changes_cookie_methods_last_use_and_end_alone() {
    each(|scratch| {
        write(&scratch, |tx| tx.insert_user(&user("u1")));
        let row = session("sid-1", "u1", 1);
        write(&scratch, |tx| tx.insert_session(&row));
        let mut changed = row.clone();
        changed.cookie = digest(2);
        changed.methods.push(Authentication { amr: "otp".into(), at: at(3) });
        changed.last_seen_at = at(60);
        changed.expires_at = at(9999);
        changed.user_agent = "must stay".into();
        changed.created_at = at(1);
        assert!(write(&scratch, |tx| tx.update_session(&changed)));
        assert!(read(&scratch, |tx| tx.find_session(&digest(1))).is_none());
        let found = read(&scratch, |tx| tx.find_session(&digest(2))).unwrap();
        assert_eq!(found.methods, changed.methods);
        assert_eq!(found.last_seen_at, at(60));
        assert_eq!(found.expires_at, at(9999));
        assert_eq!(found.user_agent, row.user_agent);
        assert_eq!(found.created_at, row.created_at);
        assert!(!write(&scratch, |tx| tx.update_session(&session("gone", "u1", 5))));
    });
}

#[test]
fn a_touch_changes_the_last_use_and_nothing_else() {
    each(|scratch| {
        write(&scratch, |tx| tx.insert_user(&user("u1")));
        let mut row = session("sid-1", "u1", 1);
        write(&scratch, |tx| tx.insert_session(&row));
        write(&scratch, |tx| tx.touch_session(&row.sid, at(60)));
        row.last_seen_at = at(60);
        let found = read(&scratch, |tx| tx.find_session_by_sid(&row.sid));
        assert_eq!(format!("{found:?}"), format!("{:?}", Some(&row)));
    });
}

#[test]
fn ending_a_session_revokes_the_grants_bound_to_it_and_no_other() {
    each(|scratch| {
        populate(&scratch);
        let mut offline = grant("offline", Some("u1"), "c1");
        offline.session_bound = false;
        let mut elsewhere = grant("elsewhere", Some("u1"), "c1");
        elsewhere.sid = Some(Sid::new("sid-2"));
        let mut revoked = grant("revoked", Some("u1"), "c1");
        revoked.revoked = Some((at(1), "reuse".into()));
        for row in [&offline, &elsewhere, &revoked] {
            write(&scratch, |tx| tx.insert_grant(row));
        }
        let row = session("sid-1", "u1", 1);
        assert!(write(&scratch, |tx| tx.end_session(&row, at(50))));
        assert!(!write(&scratch, |tx| tx.end_session(&row, at(51))));
        let fate =
            |id: &str| read(&scratch, |tx| find_grant(tx, &GrantId::new(id))).unwrap().revoked;
        assert_eq!(fate("g1"), Some((at(50), "logout".into())));
        assert_eq!(fate("offline"), None);
        assert_eq!(fate("elsewhere"), None);
        assert_eq!(fate("revoked"), Some((at(1), "reuse".into())));
        assert!(read(&scratch, |tx| tx.find_session_by_sid(&row.sid)).is_none());
    });
}
