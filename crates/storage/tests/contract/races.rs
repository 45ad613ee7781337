//! Whoever claims at the same time as others: one wins.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;

use keywright_core::id::{ClientId, GrantId, InteractionId, RowId, UserId};
use keywright_core::store::{CredentialRow, KeyState, Rotation, StoreError, Tx};
use keywright_testkit::database::{ScratchDatabase, each};

use crate::rows::{
    NOW, access_token, at, client, counter, digest, find_grant, interaction, key, message,
    populate, read, write,
};

const THREADS: usize = 32;

/// Runs `claim` on many threads at once; how many won.
fn winners(
    scratch: &ScratchDatabase,
    claim: impl Fn(&mut dyn Tx, usize) -> Result<bool, StoreError> + Sync,
) -> usize {
    let start = Barrier::new(THREADS);
    let won = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for number in 0..THREADS {
            let (start, won, claim) = (&start, &won, &claim);
            scope.spawn(move || {
                start.wait();
                if write(scratch, |tx| claim(tx, number)) {
                    won.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    won.into_inner()
}

#[test]
fn one_of_many_redeems_a_code() {
    each(|scratch| {
        populate(&scratch);
        assert_eq!(winners(&scratch, |tx, _| tx.claim_code(&GrantId::new("g1"), NOW)), 1);
    });
}

#[test]
fn one_of_many_rotates_a_refresh_token() {
    each(|scratch| {
        populate(&scratch);
        let grant = GrantId::new("g1");
        let won = winners(&scratch, |tx, number| {
            let rotation = Rotation {
                from: digest(1),
                to: digest(u8::try_from(number).unwrap() + 100),
                generation: 1,
                idle_expires_at: at(9000),
                recent: vec![],
            };
            tx.rotate_refresh_token(&grant, &rotation)
        });
        assert_eq!(won, 1);
        let found = read(&scratch, |tx| tx.find_refresh(&grant)).unwrap().0;
        assert_eq!(found.generation, 1);
    });
}

#[test]
fn one_of_many_answers_an_interaction() {
    each(|scratch| {
        write(&scratch, |tx| tx.insert_interaction(&interaction("i1")));
        let id = InteractionId::new("i1");
        assert_eq!(winners(&scratch, |tx, _| tx.claim_interaction(&id)), 1);
    });
}

#[test]
fn one_of_many_takes_a_step_of_an_interaction() {
    each(|scratch| {
        let row = interaction("i1");
        write(&scratch, |tx| tx.insert_interaction(&row));
        let won = winners(&scratch, |tx, number| {
            // Never the step that it is at: that would change nothing, and leave it to be won.
            let next = format!("{{\"step\":{}}}", number + 2);
            tx.claim_interaction_step(&row.id, &row.document, &next)
        });
        assert_eq!(won, 1);
    });
}

#[test]
fn one_of_many_sets_a_setting() {
    each(|scratch| {
        let won = winners(&scratch, |tx, number| {
            tx.claim_setting("check", number.to_string().as_bytes())
        });
        assert_eq!(won, 1);
    });
}

#[test]
fn one_of_many_removes_a_setting() {
    each(|scratch| {
        write(&scratch, |tx| tx.put_setting("link", Some(b"token")));
        assert_eq!(winners(&scratch, |tx, _| tx.claim_setting_removal("link", b"other")), 0);
        assert_eq!(winners(&scratch, |tx, _| tx.claim_setting_removal("link", b"token")), 1);
        assert!(read(&scratch, |tx| tx.find_setting("link")).is_none());
    });
}

#[test]
fn one_of_many_replaces_a_credential() {
    each(|scratch| {
        populate(&scratch);
        let credential = |data: &str| CredentialRow::password(&UserId::new("u1"), data, true, NOW);
        write(&scratch, |tx| tx.put_credential(&credential("old")));
        let won = winners(&scratch, |tx, number| {
            tx.claim_credential(b"old", &credential(&number.to_string()))
        });
        assert_eq!(won, 1);
    });
}

#[test]
fn one_of_many_raises_a_counter_from_nothing_and_from_a_value() {
    each(|scratch| {
        assert_eq!(winners(&scratch, |tx, _| tx.claim_throttle(None, &counter("k", 1))), 1);
        let from = counter("k", 1);
        let won = winners(&scratch, |tx, _| tx.claim_throttle(Some(&from), &counter("k", 2)));
        assert_eq!(won, 1);
    });
}

#[test]
fn one_of_many_takes_a_step_of_a_key() {
    each(|scratch| {
        write(&scratch, |tx| tx.insert_key(&key("k1", KeyState::Announced)));
        let active = key("k1", KeyState::Active);
        let won = winners(&scratch, |tx, _| tx.claim_key_step(&active, KeyState::Announced));
        assert_eq!(won, 1);
    });
}

#[test]
fn one_of_many_leases_a_message() {
    each(|scratch| {
        write(&scratch, |tx| tx.insert_outbox(&message("m1")));
        let id = RowId::new("m1");
        assert_eq!(winners(&scratch, |tx, _| tx.claim_outbox(&id, NOW, at(60))), 1);
    });
}

#[test]
fn one_of_many_revokes_a_grant() {
    each(|scratch| {
        populate(&scratch);
        let id = GrantId::new("g1");
        assert_eq!(winners(&scratch, |tx, _| tx.revoke_grant(&id, NOW, "reuse")), 1);
    });
}

#[test]
fn one_of_many_registers_a_client_id_and_the_others_hear_of_a_conflict() {
    each(|scratch| {
        let won = winners(&scratch, |tx, _| match tx.insert_client(&client("c1")) {
            Ok(()) => Ok(true),
            Err(StoreError::Conflict(_)) => Ok(false),
            Err(error) => Err(error),
        });
        assert_eq!(won, 1);
    });
}

#[test]
fn many_who_put_the_same_setting_all_succeed() {
    each(|scratch| {
        let done = winners(&scratch, |tx, number| {
            tx.put_setting("s", Some(number.to_string().as_bytes()))?;
            Ok(true)
        });
        assert_eq!(done, THREADS);
        assert!(read(&scratch, |tx| tx.find_setting("s")).is_some());
    });
}

#[test]
fn a_client_or_user_is_removed_while_a_grant_is_used_and_neither_waits_for_the_other() {
    type Verb = fn(&mut dyn Tx) -> Result<bool, StoreError>;
    let redeem: Verb = |tx| tx.claim_code(&GrantId::new("g1"), NOW);
    let rotate: Verb = |tx| {
        let (from, to) = (digest(1), digest(2));
        let end = at(9000);
        let rotation = Rotation { from, to, generation: 1, idle_expires_at: end, recent: vec![] };
        tx.rotate_refresh_token(&GrantId::new("g1"), &rotation)
    };
    let client: Verb = |tx| tx.remove_client(&ClientId::new("c1"));
    let user: Verb = |tx| tx.remove_user(&UserId::new("u1"));
    for (claim, remove) in [(redeem, client), (rotate, client), (redeem, user), (rotate, user)] {
        each(|scratch| {
            populate(&scratch);
            let (claimed, is_claimed) = channel();
            std::thread::scope(|scope| {
                let scratch = &scratch;
                scope.spawn(move || {
                    is_claimed.recv().unwrap();
                    assert!(write(scratch, |tx| remove(tx)));
                });
                write(scratch, |tx| {
                    assert!(claim(tx)?);
                    claimed.send(()).unwrap();
                    // While this looks around, the other is at it.
                    for _ in 0..500 {
                        find_grant(tx, &GrantId::new("g1"))?;
                    }
                    tx.insert_access_token(&access_token(2, Some("g1")))
                });
            });
            assert!(read(&scratch, |tx| find_grant(tx, &GrantId::new("g1"))).is_none());
        });
    }
}
