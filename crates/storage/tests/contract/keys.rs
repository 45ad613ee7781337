//! `KeyTx`.

use keywright_core::store::{KeyState, StoreError};
use keywright_testkit::database::each;

use crate::rows::{at, key, read, write};

#[test]
fn a_key_comes_back_as_it_was_written_in_every_state() {
    each(|scratch| {
        let states = [
            KeyState::Announced,
            KeyState::Active,
            KeyState::Retired,
            KeyState::Removed,
            KeyState::Revoked,
        ];
        for (number, state) in states.into_iter().enumerate() {
            let mut row = key(&format!("k{number}"), state);
            row.activated_at = Some(at(1));
            row.removed_at = Some(at(3));
            row.sealed_private = (number % 2 == 0).then(|| vec![0, 255]);
            write(&scratch, |tx| tx.insert_key(&row));
            let keys = read(&scratch, |tx| tx.keys());
            assert_eq!(format!("{:?}", keys[number]), format!("{row:?}"));
        }
    });
}

#[test]
fn keys_come_oldest_announcement_first_then_by_kid() {
    each(|scratch| {
        for (kid, age) in [("b", 5), ("a", 5), ("z", 1)] {
            let mut row = key(kid, KeyState::Announced);
            row.announced_at = at(age);
            write(&scratch, |tx| tx.insert_key(&row));
        }
        let keys = read(&scratch, |tx| tx.keys());
        assert_eq!(keys.iter().map(|k| k.kid.as_str()).collect::<Vec<_>>(), ["z", "a", "b"]);
    });
}

#[test]
fn a_known_kid_is_a_conflict() {
    each(|scratch| {
        write(&scratch, |tx| tx.insert_key(&key("k1", KeyState::Active)));
        let again = write(&scratch, |tx| Ok(tx.insert_key(&key("k1", KeyState::Announced))));
        assert!(matches!(again, Err(StoreError::Conflict(_))), "{again:?}");
    });
}

#[test]
fn a_step_is_taken_only_from_the_state_that_was_seen() {
    each(|scratch| {
        write(&scratch, |tx| tx.insert_key(&key("k1", KeyState::Announced)));
        let mut active = key("k1", KeyState::Active);
        active.activated_at = Some(at(5));
        let step = || write(&scratch, |tx| tx.claim_key_step(&active, KeyState::Announced));
        assert!(step());
        assert!(!step());
        let mut revoked = active.clone();
        revoked.state = KeyState::Revoked;
        revoked.sealed_private = None;
        assert!(write(&scratch, |tx| tx.claim_key_step(&revoked, KeyState::Active)));
        let keys = read(&scratch, |tx| tx.keys());
        assert_eq!(format!("{keys:?}"), format!("{:?}", [revoked]));
    });
}

#[test]
fn each_change_of_keys_raises_their_version_and_no_other() {
    each(|scratch| {
        let versions =
            || read(&scratch, |tx| tx.versions().map(|versions| (versions.keys, versions.clients)));
        let (first, clients) = versions();
        write(&scratch, |tx| tx.insert_key(&key("k1", KeyState::Announced)));
        let (second, _) = versions();
        assert!(second > first);
        let active = key("k1", KeyState::Active);
        write(&scratch, |tx| tx.claim_key_step(&active, KeyState::Announced));
        let (third, after) = versions();
        assert!(third > second);
        assert_eq!(after, clients);
    });
}
