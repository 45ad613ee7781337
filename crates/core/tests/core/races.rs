//! Thirty-two at once, with real threads, on both databases.

use std::collections::HashSet;
use std::sync::Barrier;

use keywright_core::account::sessions::{Ending, end_everything};
use keywright_core::account::{login, password};
use keywright_core::authorize::{self, Step};
use keywright_core::client::metadata::ClientMetadata;
use keywright_core::error::{Error, ErrorCode};
use keywright_core::id::ClientId;
use keywright_core::resource::TokenFormat;
use keywright_core::revoke::revoke;
use keywright_core::secret::Secret;
use keywright_core::session::logout;
use keywright_core::store::{CredentialRow, StoreError, StoreExt as _, UserRow};
use keywright_core::token::{self, TokenRequest, TokenResponse};
use keywright_testkit::World;
use keywright_testkit::world::PASSWORD;

use crate::journey::{
    authorize, basic, browser, code, is_active, log_in, parameter, populate, redemption, refresh,
    refused, request, stranger, tokens,
};

const CROWD: usize = 32;

/// Connections are opened as they are needed, so the first round may not meet itself.
const ROUNDS: usize = 8;

fn all_at_once(world: &World, request: &TokenRequest) -> Vec<Result<TokenResponse, Error>> {
    let barrier = Barrier::new(CROWD);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..CROWD)
            .map(|_| {
                scope.spawn(|| {
                    barrier.wait();
                    token::exchange(&world.provider, &basic("app"), request)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn of_thirty_two_redemptions_one_succeeds_and_the_replays_end_its_grant() {
    World::each(|world| {
        populate(&world);
        for _ in 0..ROUNDS {
            let code = code(&world, "app", "openid");
            let answers = all_at_once(&world, &redemption(&code));
            let (good, bad): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
            assert_eq!(good.len(), 1);
            for refusal in bad {
                assert_eq!(refusal.unwrap_err().code(), Some(ErrorCode::InvalidGrant));
            }
            let token = good.into_iter().next().unwrap().unwrap().access_token;
            assert!(!is_active(&world, &token));
        }
    });
}

#[test]
fn thirty_two_uses_of_a_refresh_token_get_the_same_successor() {
    World::each(|world| {
        populate(&world);
        let mut current = tokens(&world, "openid offline_access").refresh_token.unwrap();
        for _ in 0..ROUNDS {
            let answers = all_at_once(&world, &refresh(&current));
            let successors: HashSet<String> =
                answers.into_iter().map(|answer| answer.unwrap().refresh_token.unwrap()).collect();
            assert_eq!(successors.len(), 1);
            current = successors.into_iter().next().unwrap();
        }
    });
}

/// Runs `many` on some threads and `one` on another, all at once.
fn against<A: Send, B: Send>(
    many: impl Fn() -> A + Sync,
    one: impl FnOnce() -> B + Send,
) -> (Vec<A>, B) {
    const MANY: usize = 6;
    let barrier = Barrier::new(MANY + 1);
    std::thread::scope(|scope| {
        let meet = || {
            barrier.wait();
            many()
        };
        let threads: Vec<_> = (0..MANY).map(|_| scope.spawn(meet)).collect();
        barrier.wait();
        let one = one();
        (threads.into_iter().map(|thread| thread.join().unwrap()).collect(), one)
    })
}

fn exchange(world: &World, request: &TokenRequest) -> Result<TokenResponse, Error> {
    token::exchange(&world.provider, &basic("app"), request)
}

/// Whatever these answers gave is worth nothing.
fn all_dead(world: &World, answers: Vec<Result<TokenResponse, Error>>) {
    for answer in answers {
        match answer {
            Ok(tokens) => {
                assert!(!is_active(world, &tokens.access_token));
                let next = exchange(world, &refresh(&tokens.refresh_token.unwrap()));
                assert_eq!(refused(next), ErrorCode::InvalidGrant);
            }
            Err(error) => assert_eq!(error.code(), Some(ErrorCode::InvalidGrant), "{error}"),
        }
    }
}

#[test]
fn a_revocation_that_meets_refreshes_leaves_no_token_alive() {
    World::each(|world| {
        populate(&world);
        for _ in 0..ROUNDS {
            let first = tokens(&world, "openid offline_access").refresh_token.unwrap();
            let again = refresh(&first);
            let (answers, revoked) = against(
                || exchange(&world, &again),
                || revoke(&world.provider, &basic("app"), &Secret::new(first.as_str())),
            );
            revoked.unwrap();
            all_dead(&world, answers);
        }
    });
}

#[test]
fn a_logout_that_meets_refreshes_and_redemptions_leaves_nothing_alive() {
    World::each(|world| {
        populate(&world);
        for _ in 0..ROUNDS {
            let mut browser = browser();
            let mut get = || {
                let answer = authorize(&world, &mut browser, &request("app", &[]));
                redemption(&Secret::new(parameter(&answer, "code").unwrap()))
            };
            let (begun, redeem) = (exchange(&world, &get()).unwrap(), get());
            let again = refresh(&begun.refresh_token.unwrap());
            let hint = [("id_token_hint".to_owned(), begun.id_token.unwrap())];
            let (answers, done) = against(
                || [exchange(&world, &again), exchange(&world, &redeem)],
                || logout::begin(&world.provider, &hint, &browser),
            );
            done.unwrap();
            all_dead(&world, answers.into_iter().flatten().collect());
        }
    });
}

fn alice(world: &World) -> UserRow {
    world.provider.store.read(|tx| Ok(tx.find_user_by_login("alice")?.unwrap())).unwrap()
}

#[test]
fn a_revoked_consent_ends_the_grants_that_are_being_made_and_redeemed() {
    World::each(|world| {
        populate(&world);
        let (alice, app) = (alice(&world), ClientId::new("app"));
        for round in 0..ROUNDS * 4 {
            let mut browser = browser();
            let answer = authorize(&world, &mut browser, &request("app", &[]));
            let redeem = redemption(&Secret::new(parameter(&answer, "code").unwrap()));
            let (answers, revoked) = against(
                || {
                    let step = authorize::begin(&world.provider, &request("app", &[]), &browser);
                    (exchange(&world, &redeem), step)
                },
                || {
                    let now = world.provider.now();
                    world.provider.store.write(|tx| Ok(tx.revoke_consent(&alice.id, &app, now)?))
                },
            );
            assert!(revoked.unwrap() > 0);
            let (redeemed, steps): (Vec<_>, Vec<_>) = answers.into_iter().unzip();
            all_dead(&world, redeemed);
            for step in steps {
                assert!(matches!(step.unwrap(), Step::Answer(_) | Step::Consent { .. }));
            }
            let now = world.provider.now();
            let left = world.provider.store.read(|tx| Ok(tx.live_grants_of(&alice.id, now)?));
            assert_eq!(left.unwrap().len(), 0, "alive after its consent, in round {round}");
        }
    });
}

#[test]
fn a_login_with_the_old_password_does_not_outlive_the_new_one() {
    World::each(|world| {
        populate(&world);
        let alice = alice(&world);
        for _ in 0..ROUNDS * 4 {
            // The same password again: what counts is that the hash is another one.
            let random = world.provider.random.as_ref();
            let hash = password::hash(random, &Secret::new(PASSWORD), 4).unwrap();
            let row = CredentialRow::password(&alice.id, &hash, false, world.provider.now());
            let stale = login::look_up(&world.provider, "alice", &stranger()).unwrap();
            let verdict = login::verify(&world.provider, &stale, &Secret::new(PASSWORD));
            let (logins, changed) = against(
                || login::finish(&world.provider, &stale, &verdict, &browser(), "test"),
                || {
                    let now = world.provider.now();
                    world.provider.store.write(|tx| {
                        tx.put_credential(&row)?;
                        Ok(end_everything(tx, &alice.id, Ending::PasswordChanged, now)?)
                    })
                },
            );
            changed.unwrap();
            for login in logins {
                let refusal = login.err().map(|error| error.code());
                assert!(matches!(refusal, None | Some(Some(ErrorCode::AccessDenied))));
            }
            let left = world.provider.store.read(|tx| Ok(tx.sessions_of(&alice.id)?));
            assert_eq!(left.unwrap().len(), 0, "a session of the old password");
            log_in(&world.provider, &mut browser(), "alice");
        }
    });
}

#[test]
fn a_client_that_is_removed_while_it_asks_leaves_nothing_behind() {
    World::each(|world| {
        populate(&world);
        let api = world.add_resource("opaque", |resource| {
            resource.format = TokenFormat::Opaque;
        });
        let before = world.scratch.contents();
        for _ in 0..ROUNDS {
            let id = ClientId::new("passing");
            let metadata = ClientMetadata { first_party: true, ..World::web_client() };
            world.add_client("passing", metadata);
            let mut browser = browser();
            let mut get = || {
                let answer = authorize(&world, &mut browser, &request("passing", &[]));
                redemption(&Secret::new(parameter(&answer, "code").unwrap()))
            };
            let (spent, redeem) = (get(), get());
            let ask = |request: &TokenRequest| {
                token::exchange(&world.provider, &basic("passing"), request)
            };
            let again = refresh(&ask(&spent).unwrap().refresh_token.unwrap());
            let resources = vec![api.identifier.clone()];
            let own = TokenRequest::ClientCredentials { scope: None, resources };
            let (answers, removed) = against(
                || {
                    let step =
                        authorize::begin(&world.provider, &request("passing", &[]), &browser);
                    let asked = [&redeem, &again, &own].map(|request| ask(request).map(drop));
                    asked.into_iter().chain([step.map(drop)]).collect::<Vec<_>>()
                },
                || world.provider.store.write(|tx| Ok(tx.remove_client(&id)?)),
            );
            assert!(removed.unwrap());
            for error in answers.into_iter().flatten().filter_map(Result::err) {
                let refused = error.code().is_some();
                let passing = matches!(error, Error::Store(StoreError::Unavailable(_)));
                assert!(refused || passing, "{error}");
            }
            let after = world.scratch.contents();
            for table in ["clients", "client_secrets", "grants", "codes", "refresh_tokens"] {
                assert_eq!(before[table], after[table]);
            }
            assert_eq!(before["access_tokens"], after["access_tokens"]);
        }
    });
}
