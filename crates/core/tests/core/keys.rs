//! The life of signing keys on real databases.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails the test")]

use std::collections::BTreeSet;
use std::sync::Barrier;

use keywright_core::error::{Error, ErrorCode};
use keywright_core::id::Kid;
use keywright_core::keys::algorithm::Algorithm;
use keywright_core::keys::lifecycle::Lifecycle;
use keywright_core::keys::rotate::{self, Policy};
use keywright_core::keys::seal::MasterKey;
use keywright_core::provider::Provider;
use keywright_core::random::OsRandom;
use keywright_core::secret::Secret;
use keywright_core::store::{AuditEvent, AuditFilter, KeyRow, KeyState, Store, StoreExt as _};
use keywright_core::time::{Seconds, Timestamp};
use keywright_testkit::{World, database};

const NOW: Timestamp = Timestamp(1_800_000_000);
const CROWD: usize = 8;

fn master(letter: &str) -> MasterKey {
    MasterKey::parse(&Secret::new(letter.repeat(42) + "A")).unwrap()
}

fn quick() -> Policy {
    Policy { algorithms: vec![Algorithm::ES256, Algorithm::EdDSA], ..Policy::default() }
}

fn rows(store: &dyn Store) -> Vec<KeyRow> {
    store.read(|tx| Ok(tx.keys()?)).unwrap()
}

pub(crate) fn lifecycle(provider: &Provider) -> Lifecycle<'_> {
    Lifecycle {
        store: provider.store.as_ref(),
        random: provider.random.as_ref(),
        master: &provider.master,
        policy: &provider.settings.keys,
        now: provider.now(),
        by: "test",
    }
}

fn state(world: &World, kid: &Kid) -> KeyState {
    rows(world.provider.store.as_ref()).into_iter().find(|key| key.kid == *kid).unwrap().state
}

fn active(world: &World) -> Kid {
    world.provider.snapshot().unwrap().keys.active_kid(Algorithm::RS256).unwrap().clone()
}

fn is_published(world: &World, kid: &Kid) -> bool {
    world.provider.snapshot().unwrap().keys.jwks().contains(kid.as_str())
}

/// A world that signs with one algorithm: fewer RSA keys to wait for.
fn each(test: impl Fn(World)) {
    database::each(|scratch| {
        let mut settings = World::settings("http://127.0.0.1:8080");
        settings.keys.algorithms = vec![Algorithm::RS256];
        test(World::with(scratch, settings));
    });
}

#[test]
fn replicas_that_race_on_an_empty_database_make_one_key_of_each_algorithm() {
    database::each(|scratch| {
        let (master, policy, barrier) = (master("A"), quick(), Barrier::new(CROWD));
        let store = scratch.database.as_ref();
        let won = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..CROWD)
                .map(|_| {
                    scope.spawn(|| {
                        barrier.wait();
                        rotate::apply(store, &OsRandom, &master, &policy, NOW).unwrap()
                    })
                })
                .collect();
            threads.into_iter().filter_map(|t| t.join().unwrap().then_some(())).count()
        });
        assert_eq!(won, 1);
        let mut made: Vec<_> = rows(store).iter().map(|k| (k.algorithm, k.state)).collect();
        made.sort_by_key(|(algorithm, _)| *algorithm);
        let expected = [(Algorithm::ES256, KeyState::Active), (Algorithm::EdDSA, KeyState::Active)];
        assert_eq!(made, expected);
    });
}

#[test]
fn operators_who_rotate_at_once_announce_one_successor() {
    each(|world| {
        let barrier = Barrier::new(CROWD);
        let announced: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..CROWD)
                .map(|_| {
                    scope.spawn(|| {
                        barrier.wait();
                        let lifecycle = lifecycle(&world.provider);
                        lifecycle.announce(&[Algorithm::RS256], false).unwrap().len()
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(announced, 1);
        assert_eq!(rows(world.provider.store.as_ref()).len(), 2);
    });
}

#[test]
fn a_rotation_fails_no_verification_of_a_token_that_is_alive() {
    each(|world| {
        let sign = || {
            let snapshot = world.provider.snapshot().unwrap();
            snapshot.keys.sign(Algorithm::RS256, "JWT", b"{}").unwrap()
        };
        let verifies = |token: &str, removed| {
            world.provider.snapshot().unwrap().keys.verify(token, "JWT", removed).is_some()
        };
        let (first, old) = (active(&world), sign());
        lifecycle(&world.provider).announce(&[Algorithm::RS256], false).unwrap();
        world.provider.poll().unwrap();
        assert_eq!(active(&world), first, "an announced key does not sign");

        world.clock.advance(Seconds::hours(24));
        assert!(world.provider.rotate_keys().unwrap());
        assert_ne!(active(&world), first);
        assert!(is_published(&world, &first) && verifies(&old, false));

        world.clock.advance(Seconds(Seconds::days(1).0 + 60));
        assert!(world.provider.rotate_keys().unwrap());
        assert!(!world.provider.rotate_keys().unwrap(), "nothing more is due");
        assert_eq!(state(&world, &first), KeyState::Removed);
        assert!(!is_published(&world, &first) && !verifies(&old, false));
        assert!(verifies(&old, true), "an id_token_hint outlives its key's publication");
        assert!(verifies(&sign(), false));
    });
}

#[test]
fn a_revoked_key_is_never_accepted_again_and_its_private_half_is_gone() {
    each(|world| {
        let first = active(&world);
        let snapshot = world.provider.snapshot().unwrap();
        let token = snapshot.keys.sign(Algorithm::RS256, "JWT", b"{}").unwrap();
        let changes = lifecycle(&world.provider).revoke(&first).unwrap();
        assert_eq!(changes.len(), 2, "one revoked, one made");
        world.provider.poll().unwrap();

        assert_ne!(active(&world), first);
        assert!(!is_published(&world, &first));
        let snapshot = world.provider.snapshot().unwrap();
        assert!(snapshot.keys.verify(&token, "JWT", true).is_none());
        let rows = rows(world.provider.store.as_ref());
        let row = rows.iter().find(|key| key.kid == first).unwrap();
        assert_eq!((row.state, &row.sealed_private), (KeyState::Revoked, &None));
        assert!(lifecycle(&world.provider).revoke(&first).unwrap().is_empty());
    });
}

#[test]
fn revoking_a_key_that_is_not_ours_changes_nothing() {
    each(|world| {
        let before = world.scratch.contents();
        let error = lifecycle(&world.provider).revoke(&Kid::new("nobody")).unwrap_err();
        assert_eq!(error.code(), Some(ErrorCode::InvalidRequest));
        assert_eq!(world.scratch.contents(), before);
    });
}

#[test]
fn a_master_key_that_did_not_make_the_database_is_refused() {
    database::each(|scratch| {
        let store = scratch.database.as_ref();
        master("A").check(store).unwrap();
        master("A").check(store).unwrap();
        let before = scratch.contents();
        let error = master("B").check(store).unwrap_err();
        assert!(matches!(&error, Error::Internal(why) if why.contains("another one")), "{error}");
        assert_eq!(scratch.contents(), before);
    });
}

#[test]
fn of_two_master_keys_that_come_at_once_one_is_refused() {
    database::each(|scratch| {
        let (store, barrier) = (scratch.database.as_ref(), Barrier::new(2));
        let accepted = std::thread::scope(|scope| {
            let threads = ["A", "B"].map(|letter| {
                let barrier = &barrier;
                scope.spawn(move || {
                    barrier.wait();
                    master(letter).check(store).is_ok()
                })
            });
            threads.map(|thread| thread.join().unwrap())
        });
        assert_eq!(accepted.iter().filter(|ok| **ok).count(), 1);
    });
}

#[test]
fn every_step_of_a_key_is_an_audit_event() {
    each(|world| {
        let kinds = || {
            let filter = AuditFilter::default();
            let read = world.provider.store.read(|tx| Ok(tx.audit_events(&filter, 50)?));
            let told = |event: AuditEvent| {
                assert!(event.details["by"].is_string() && event.details["algorithm"] == "RS256");
                (event.kind, event.details["kid"].as_str().unwrap().to_owned())
            };
            read.unwrap().into_iter().map(told).collect::<BTreeSet<_>>()
        };
        let before = kinds();
        let first = active(&world).to_string();
        let steps = lifecycle(&world.provider).announce(&[Algorithm::RS256], true).unwrap();
        let next = steps.iter().find(|change| change.from.is_none()).unwrap().key.kid.to_string();
        let told: BTreeSet<_> = kinds().difference(&before).cloned().collect();
        let expected =
            [("key.retired", &first), ("key.announced", &next), ("key.activated", &next)];
        let expected = expected.map(|(kind, kid)| (kind.to_owned(), kid.clone()));
        assert_eq!(told, BTreeSet::from(expected));
        lifecycle(&world.provider).revoke(&Kid::new(&first)).unwrap();
        assert!(kinds().contains(&("key.revoked".to_owned(), first)));
    });
}
