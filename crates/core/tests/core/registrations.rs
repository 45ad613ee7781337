//! Clients that are known from memory: what another process changed is seen within the bound.

use keywright_core::error::{Error, ErrorCode};
use keywright_core::provider::Provider;
use keywright_core::store::{ClientRow, StoreError, StoreExt as _};
use keywright_core::time::Seconds;
use keywright_core::token::{self, TokenRequest};
use keywright_testkit::World;

use crate::journey::{basic, populate, refused};

fn ask(world: &World) -> Result<token::TokenResponse, Error> {
    exchange(&world.provider)
}

fn exchange(provider: &Provider) -> Result<token::TokenResponse, Error> {
    let request = TokenRequest::ClientCredentials { scope: None, resources: Vec::new() };
    token::exchange(provider, &basic("app"), &request)
}

/// What the command line does: another process over the same database.
fn disable_elsewhere(world: &World) {
    let now = world.provider.now();
    let elsewhere = world.second("the command line");
    let disabled = elsewhere.store.write(|tx| {
        let client = tx.find_client(&keywright_core::id::ClientId::new("app"))?.unwrap();
        Ok(tx.update_client(&ClientRow { disabled_at: Some(now), ..client })?)
    });
    assert!(disabled.unwrap());
}

/// A world whose client was asked for after the last change of a client was noticed.
fn remembered(world: &World) {
    populate(world);
    world.provider.poll().unwrap();
    ask(world).unwrap();
}

#[test]
fn a_client_disabled_elsewhere_is_refused_after_the_next_poll() {
    World::each(|world| {
        remembered(&world);
        disable_elsewhere(&world);
        world.provider.poll().unwrap();
        assert_eq!(refused(ask(&world)), ErrorCode::InvalidClient);
    });
}

#[test]
fn without_a_poll_what_is_in_memory_is_used_for_five_seconds_and_no_longer() {
    World::each(|world| {
        remembered(&world);
        disable_elsewhere(&world);
        world.clock.advance(Seconds(5));
        ask(&world).unwrap();
        world.clock.advance(Seconds(1));
        assert_eq!(refused(ask(&world)), ErrorCode::InvalidClient);
    });
}

#[test]
fn a_client_that_is_added_elsewhere_is_known_at_once() {
    World::each(|world| {
        assert_eq!(refused(ask(&world)), ErrorCode::InvalidClient);
        populate(&world);
        ask(&world).unwrap();
    });
}

#[test]
fn a_token_of_a_client_in_memory_needs_no_database() {
    World::each(|world| {
        populate(&world);
        world.provider.poll().unwrap();
        let from_memory = || exchange(&world.provider.from_memory());
        assert!(matches!(from_memory(), Err(Error::Store(StoreError::NotAsked))));
        ask(&world).unwrap();
        from_memory().unwrap();
        world.clock.advance(Seconds(6));
        assert!(matches!(from_memory(), Err(Error::Store(StoreError::NotAsked))));
    });
}
