//! What a request does before its last commit is durable, and what it does not.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError, channel};

use keywright_core::error::{Error, ErrorCode};
use keywright_core::provider::Provider;
use keywright_core::store::{Ahead, StoreError, StoreExt as _};
use keywright_core::token;
use keywright_testkit::World;
use keywright_testkit::held::Held;

use crate::journey::{basic, populate, refresh, tokens};

/// A provider that does not wait for commits, which `store` holds from now on.
fn held(world: &World) -> (Held, Provider, Arc<Ahead>) {
    let store = Held::around(world.scratch.database.clone());
    let (provider, ahead) = world.through(Arc::new(store.clone()), "ahead").ahead();
    store.hold();
    (store, provider, ahead)
}

/// A rotation whose tokens are made and whose commit is held, and what is told of it.
fn rotation(world: &World) -> (Held, Receiver<Result<(), StoreError>>) {
    populate(world);
    let first = tokens(world, "openid").refresh_token.unwrap();
    let (store, provider, ahead) = held(world);
    token::exchange(&provider, &basic("app"), &refresh(&first)).unwrap();
    (store, outcome(&ahead))
}

fn outcome(ahead: &Ahead) -> Receiver<Result<(), StoreError>> {
    let (tell, told) = channel();
    ahead.when_durable(move |durable| tell.send(durable).unwrap());
    told
}

#[test]
fn tokens_are_made_before_their_commit_is_durable_and_given_after_it() {
    World::each(|world| {
        let (store, told) = rotation(&world);
        assert_eq!(told.try_recv().unwrap_err(), TryRecvError::Empty);
        store.keep();
        assert!(told.recv().unwrap().is_ok());
    });
}

#[test]
fn a_commit_that_fails_is_told_before_any_answer_can_be_given() {
    World::each(|world| {
        let (store, told) = rotation(&world);
        store.fail();
        assert!(matches!(told.recv().unwrap(), Err(StoreError::Unavailable(_))));
    });
}

#[test]
fn a_refusal_waits_too_since_it_may_rest_on_what_is_not_durable_yet() {
    World::each(|world| {
        let (store, provider, ahead) = held(&world);
        let refused: Result<(), _> =
            provider.store.write(|_| Err(Error::refused(ErrorCode::InvalidGrant, "no")));
        assert!(matches!(refused, Err(Error::Refused(_))));
        let told = outcome(&ahead);
        assert_eq!(told.try_recv().unwrap_err(), TryRecvError::Empty);
        store.fail();
        assert!(told.recv().unwrap().is_err());
    });
}

#[test]
fn who_only_reads_has_nothing_to_wait_for() {
    World::each(|world| {
        let (_store, provider, ahead) = held(&world);
        provider.store.read(|tx| Ok(tx.keys()?)).unwrap();
        assert!(outcome(&ahead).try_recv().unwrap().is_ok());
    });
}

#[test]
fn the_next_transaction_of_a_request_begins_when_the_one_before_is_durable() {
    World::each(|world| {
        let (store, provider, _ahead) = held(&world);
        provider.store.write(|_| Ok(())).unwrap();
        let began = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let next = scope.spawn(|| {
                provider.store.read(|_| {
                    began.store(true, Ordering::SeqCst);
                    Ok(())
                })
            });
            store.await_one();
            assert!(!began.load(Ordering::SeqCst));
            store.keep();
            next.join().unwrap().unwrap();
        });
        assert!(began.load(Ordering::SeqCst));
    });
}

#[test]
fn nothing_is_done_after_a_commit_that_failed() {
    World::each(|world| {
        let (store, provider, _ahead) = held(&world);
        provider.store.write(|_| Ok(())).unwrap();
        std::thread::scope(|scope| {
            let next = scope.spawn(|| -> Result<(), _> {
                provider.store.write(|_| panic!("it was done all the same"))
            });
            store.await_one();
            store.fail();
            let failed = next.join().unwrap();
            assert!(matches!(failed, Err(Error::Store(StoreError::Unavailable(_)))), "{failed:?}");
        });
    });
}
