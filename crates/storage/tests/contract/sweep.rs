//! `SweepTx`.

use keywright_core::id::{ClientId, GrantId, InteractionId, Jti, RowId, Sid};
use keywright_core::store::{AuditEvent, AuditFilter};
use keywright_core::time::Timestamp;
use keywright_testkit::database::{ScratchDatabase, each};

use crate::rows::{
    access_token, at, client_secret, code, counter, digest, find_grant, grant, interaction,
    populate, read, session, write,
};

const LONG_AGO: Timestamp = Timestamp(0);

fn sweep(scratch: &ScratchDatabase, now: Timestamp, spent: Timestamp, limit: u32) -> usize {
    write(scratch, |tx| tx.sweep(now, spent, LONG_AGO, limit))
}

#[test]
fn what_ended_before_now_goes_and_what_ends_now_stays() {
    each(|scratch| {
        populate(&scratch);
        write(&scratch, |tx| {
            tx.insert_interaction(&interaction("i1"))?;
            tx.revoke_jti(&Jti::new("j1"), at(300))?;
            tx.claim_throttle(None, &counter("k", 1))?;
            let mut secret = client_secret("s1", "c1");
            secret.expires_at = Some(at(400));
            tx.insert_client_secret(&secret)?;
            tx.insert_client_secret(&client_secret("s2", "c1"))
        });
        let left = |now: i64| {
            sweep(&scratch, at(now), LONG_AGO, 100);
            read(&scratch, |tx| {
                Ok([
                    tx.find_access_token(&digest(1))?.is_some(),
                    tx.is_jti_revoked(&Jti::new("j1"))?,
                    tx.client_secrets(&ClientId::new("c1"))?.len() == 2,
                    tx.find_interaction(&InteractionId::new("i1"))?.is_some(),
                    tx.find_throttle("k")?.is_some(),
                    tx.find_session_by_sid(&Sid::new("sid-1"))?.is_some(),
                ])
            })
        };
        assert_eq!(left(300), [true, true, true, true, true, true]);
        assert_eq!(left(301), [false, false, true, true, true, true]);
        assert_eq!(left(401), [false, false, false, true, true, true]);
        assert_eq!(left(601), [false, false, false, false, true, true]);
        assert_eq!(left(901), [false, false, false, false, false, true]);
        assert_eq!(left(1001), [false, false, false, false, false, false]);
        let secrets = read(&scratch, |tx| tx.client_secrets(&ClientId::new("c1")));
        assert_eq!(secrets.len(), 1);
    });
}

#[test]
fn codes_stay_until_a_replay_of_theirs_can_do_no_harm() {
    each(|scratch| {
        populate(&scratch);
        sweep(&scratch, at(5000), at(60), 100);
        assert!(read(&scratch, |tx| tx.find_code(&GrantId::new("g1"))).is_some());
        sweep(&scratch, at(5000), at(61), 100);
        assert!(read(&scratch, |tx| tx.find_code(&GrantId::new("g1"))).is_none());
        assert!(read(&scratch, |tx| find_grant(tx, &GrantId::new("g1"))).is_some());
    });
}

#[test]
fn grants_go_with_their_refresh_state_once_expired_or_revoked_before_spent() {
    each(|scratch| {
        populate(&scratch);
        let mut expired = grant("expired", Some("u1"), "c1");
        expired.expires_at = at(50);
        write(&scratch, |tx| tx.insert_grant(&expired));
        write(&scratch, |tx| tx.revoke_grant(&GrantId::new("g1"), at(60), "logout"));
        let left = |spent: i64| {
            sweep(&scratch, at(0), at(spent), 100);
            read(&scratch, |tx| {
                Ok([
                    find_grant(tx, &expired.id)?.is_some(),
                    find_grant(tx, &GrantId::new("g1"))?.is_some(),
                    tx.find_refresh(&GrantId::new("g1"))?.is_some(),
                ])
            })
        };
        assert_eq!(left(50), [true, true, true]);
        assert_eq!(left(51), [false, true, true]);
        assert_eq!(left(60), [false, true, true]);
        assert_eq!(left(61), [false, false, false]);
    });
}

#[test]
fn audit_events_go_by_their_own_limit() {
    each(|scratch| {
        for age in [1, 2, 3] {
            let event = AuditEvent {
                id: RowId::new(format!("e{age}")),
                at: at(age),
                kind: "x".into(),
                request_id: String::new(),
                user_id: None,
                client_id: None,
                grant_id: None,
                details: serde_json::Map::new(),
            };
            write(&scratch, |tx| tx.audit(&event));
        }
        write(&scratch, |tx| tx.sweep(LONG_AGO, LONG_AGO, at(3), 100));
        let left = read(&scratch, |tx| tx.audit_events(&AuditFilter::default(), 10));
        assert_eq!(left.iter().map(|e| e.id.as_str()).collect::<Vec<_>>(), ["e3"]);
    });
}

#[test]
fn a_sweep_takes_the_oldest_first_and_no_more_than_the_limit_of_each_table() {
    each(|scratch| {
        populate(&scratch);
        write(&scratch, |tx| {
            for number in 2..7 {
                let mut token = access_token(number, None);
                token.expires_at = at(100 + i64::from(number));
                tx.insert_access_token(&token)?;
                let mut extra = session(&format!("s{number}"), "u1", number);
                extra.expires_at = at(200);
                tx.insert_session(&extra)?;
                let id = format!("g{number}");
                tx.insert_grant(&grant(&id, Some("u1"), "c1"))?;
                tx.insert_code(&code(number, &id))?;
            }
            Ok(())
        });
        assert_eq!(sweep(&scratch, at(250), LONG_AGO, 2), 4);
        assert!(read(&scratch, |tx| tx.find_access_token(&digest(3))).is_none());
        assert!(read(&scratch, |tx| tx.find_access_token(&digest(4))).is_some());
        assert_eq!(sweep(&scratch, at(250), LONG_AGO, 2), 4);
        assert_eq!(sweep(&scratch, at(250), LONG_AGO, 2), 2);
        assert_eq!(sweep(&scratch, at(250), LONG_AGO, 2), 0);
    });
}

#[test]
fn what_may_be_shown_once_goes_when_it_would_be_refused_anyway() {
    each(|scratch| {
        let (first, last) = (at(300).0, at(301).0);
        scratch.execute(&format!(
            "INSERT INTO replays (kind, value, expires_at) VALUES
                ('jti', 'a', {first}), ('jti', 'b', {last}), ('request_uri', 'a', {last})"
        ));
        assert_eq!(sweep(&scratch, at(301), LONG_AGO, 100), 1);
        assert_eq!(sweep(&scratch, at(302), LONG_AGO, 1), 1);
        assert_eq!(sweep(&scratch, at(302), LONG_AGO, 1), 1);
        assert_eq!(sweep(&scratch, at(302), LONG_AGO, 1), 0);
    });
}
