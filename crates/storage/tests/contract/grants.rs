//! `GrantTx`: grants and what is redeemed under them.

use keywright_core::claims::request::ClaimsRequest;
use keywright_core::error::{Error, ErrorCode};
use keywright_core::id::{ClientId, GrantId, Jti, UserId};
use keywright_core::store::{Rotated, Rotation, Standing, StoreExt as _};
use keywright_testkit::database::{ScratchDatabase, each};
use serde_json::json;

use crate::rows::{
    access_token, at, client, code, digest, find_grant, grant, populate, read, refresh, user, write,
};

#[test]
fn a_grant_comes_back_as_it_was_written() {
    each(|scratch| {
        populate(&scratch);
        let mut full = grant("full", Some("u1"), "c1");
        full.actor = json!({"sub": "robot"});
        full.revoked = Some((at(7), "reuse".into()));
        let mut bare = grant("bare", None, "c1");
        bare.sid = None;
        bare.session_bound = false;
        bare.resources.clear();
        bare.claims = ClaimsRequest::default();
        bare.acr = None;
        bare.amr.clear();
        bare.confirmation = None;
        for row in [full, bare] {
            write(&scratch, |tx| tx.insert_grant(&row));
            let found = read(&scratch, |tx| find_grant(tx, &row.id)).unwrap();
            assert_eq!(format!("{found:?}"), format!("{row:?}"));
        }
    });
}

#[test]
fn live_grants_are_neither_revoked_nor_expired_and_come_newest_first() {
    each(|scratch| {
        populate(&scratch);
        let mut newer = grant("newer", Some("u1"), "c1");
        newer.created_at = at(5);
        let mut expired = grant("expired", Some("u1"), "c1");
        expired.expires_at = at(100);
        let mut revoked = grant("revoked", Some("u1"), "c1");
        revoked.revoked = Some((at(7), "logout".into()));
        let nobodys = grant("nobodys", None, "c1");
        for row in [newer, expired, revoked, nobodys] {
            write(&scratch, |tx| tx.insert_grant(&row));
        }
        let found = read(&scratch, |tx| tx.live_grants_of(&UserId::new("u1"), at(100)));
        assert_eq!(found.iter().map(|g| g.id.as_str()).collect::<Vec<_>>(), ["newer", "g1"]);
    });
}

#[test]
fn a_grant_is_revoked_once_and_keeps_the_first_reason() {
    each(|scratch| {
        populate(&scratch);
        let id = GrantId::new("g1");
        assert!(write(&scratch, |tx| tx.revoke_grant(&id, at(1), "reuse")));
        assert!(!write(&scratch, |tx| tx.revoke_grant(&id, at(2), "logout")));
        let found = read(&scratch, |tx| find_grant(tx, &id)).unwrap();
        assert_eq!(found.revoked, Some((at(1), "reuse".into())));
        assert!(!write(&scratch, |tx| tx.revoke_grant(&GrantId::new("x"), at(2), "logout")));
    });
}

#[test]
fn the_live_grants_of_a_user_are_revoked_for_one_client_or_for_all() {
    each(|scratch| {
        populate(&scratch);
        write(&scratch, |tx| tx.insert_client(&client("c2")));
        write(&scratch, |tx| tx.insert_user(&user("u2")));
        let mut expired = grant("expired", Some("u1"), "c1");
        expired.expires_at = at(5);
        for row in [
            grant("g2", Some("u1"), "c2"),
            grant("g3", Some("u1"), "c2"),
            grant("g4", Some("u2"), "c2"),
            expired,
        ] {
            write(&scratch, |tx| tx.insert_grant(&row));
        }
        let (user, one) = (UserId::new("u1"), ClientId::new("c1"));
        let revoke = |client: Option<&ClientId>| {
            write(&scratch, |tx| tx.revoke_grants_of(&user, client, at(9), "disabled"))
        };
        assert_eq!(revoke(Some(&one)), 1);
        assert_eq!(revoke(Some(&one)), 0);
        assert_eq!(revoke(None), 2);
        let others = read(&scratch, |tx| find_grant(tx, &GrantId::new("g4"))).unwrap();
        assert_eq!(others.revoked, None);
    });
}

/// What hangs on a grant is found with grant, user and session.
fn expect_all_of(grant: &GrantId, scratch: &ScratchDatabase, found: &Standing) {
    let alone = read(scratch, |tx| tx.find_standing(grant, None)).unwrap();
    assert_eq!(format!("{found:?}"), format!("{alone:?}"));
    assert!(found.user.is_some() && found.session_expires_at.is_some(), "{found:?}");
}

#[test]
fn a_code_comes_back_as_it_was_written_and_is_redeemed_once() {
    each(|scratch| {
        populate(&scratch);
        let mut row = code(9, "g2");
        row.redirect_uri_given = false;
        row.challenge = Some("challenge".into());
        row.confirmation = None;
        let id = row.grant_id.clone();
        write(&scratch, |tx| {
            tx.insert_grant(&grant(id.as_str(), Some("u1"), "c1"))?;
            tx.insert_code(&row)
        });
        let (found, standing) = read(&scratch, |tx| tx.find_code(&id)).unwrap();
        expect_all_of(&id, &scratch, &standing);
        assert!(found.digest.matches(&digest(9)));
        assert_eq!(format!("{found:?}"), format!("{row:?}"));
        assert!(write(&scratch, |tx| tx.claim_code(&id, at(3))));
        assert!(!write(&scratch, |tx| tx.claim_code(&id, at(4))));
        let found = read(&scratch, |tx| tx.find_code(&id)).unwrap().0;
        assert_eq!(found.redeemed_at, Some(at(3)));
        assert!(!write(&scratch, |tx| tx.claim_code(&GrantId::new("g3"), at(4))));
    });
}

#[test]
fn a_claim_that_is_rolled_back_was_never_made() {
    each(|scratch| {
        populate(&scratch);
        let refused: Result<(), Error> = scratch.database.write(|tx| {
            assert!(tx.claim_code(&GrantId::new("g1"), at(3))?);
            Err(Error::refused(ErrorCode::InvalidGrant, "no"))
        });
        assert!(refused.is_err());
        assert!(write(&scratch, |tx| tx.claim_code(&GrantId::new("g1"), at(4))));
    });
}

#[test]
fn a_grant_has_one_refresh_state() {
    each(|scratch| {
        populate(&scratch);
        let again = scratch.database.write(|tx| Ok(tx.insert_refresh(&refresh("g1", 9))?));
        assert!(again.is_err(), "{again:?}");
        let (found, standing) = read(&scratch, |tx| tx.find_refresh(&GrantId::new("g1"))).unwrap();
        expect_all_of(&GrantId::new("g1"), &scratch, &standing);
        assert!(found.token.matches(&digest(1)));
        assert!(found.family.matches(&digest(200)));
        assert!(read(&scratch, |tx| tx.find_refresh(&GrantId::new("x"))).is_none());
    });
}

#[test]
fn a_rotation_needs_the_current_token_of_that_grant() {
    each(|scratch| {
        populate(&scratch);
        write(&scratch, |tx| tx.insert_grant(&grant("g2", Some("u1"), "c1")));
        write(&scratch, |tx| tx.insert_refresh(&refresh("g2", 1)));
        let id = GrantId::new("g1");
        let rotation = Rotation {
            from: digest(1),
            to: digest(2),
            generation: 1,
            idle_expires_at: at(7777),
            recent: vec![Rotated {
                predecessor: "AQ".into(),
                sealed_successor: "sealed".into(),
                generation: 1,
                at: at(10),
            }],
        };
        assert!(write(&scratch, |tx| tx.rotate_refresh_token(&id, &rotation)));
        assert!(!write(&scratch, |tx| tx.rotate_refresh_token(&id, &rotation)));
        let found = read(&scratch, |tx| tx.find_refresh(&id)).unwrap().0;
        assert!(found.token.matches(&digest(2)));
        assert!(found.family.matches(&digest(200)));
        assert_eq!((found.generation, found.idle_expires_at), (1, at(7777)));
        assert_eq!(format!("{:?}", found.recent), format!("{:?}", rotation.recent));
        let other = read(&scratch, |tx| tx.find_refresh(&GrantId::new("g2"))).unwrap().0;
        assert!(other.token.matches(&digest(1)));
    });
}

#[test]
fn an_opaque_token_comes_back_as_it_was_written() {
    each(|scratch| {
        populate(&scratch);
        for row in [access_token(8, Some("g1")), access_token(9, None)] {
            write(&scratch, |tx| tx.insert_access_token(&row));
            let found = read(&scratch, |tx| tx.find_access_token(&row.digest)).unwrap();
            assert!(found.digest.matches(&row.digest));
            assert_eq!(format!("{found:?}"), format!("{row:?}"));
        }
        assert!(read(&scratch, |tx| tx.find_access_token(&digest(10))).is_none());
    });
}

#[test]
fn a_token_may_be_revoked_again() {
    each(|scratch| {
        let jti = Jti::new("g1.random");
        assert!(!read(&scratch, |tx| tx.is_jti_revoked(&jti)));
        for _ in 0..2 {
            write(&scratch, |tx| tx.revoke_jti(&jti, at(300)));
            assert!(read(&scratch, |tx| tx.is_jti_revoked(&jti)));
        }
        assert!(!read(&scratch, |tx| tx.is_jti_revoked(&Jti::new("g1"))));
    });
}
