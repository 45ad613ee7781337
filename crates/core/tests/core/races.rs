//! Thirty-two at once, with real threads, on both databases.

use std::collections::HashSet;
use std::sync::Barrier;

use keywright_core::error::{Error, ErrorCode};
use keywright_core::token::{self, TokenRequest, TokenResponse};
use keywright_testkit::World;

use crate::journey::{basic, code, is_active, populate, redemption, refresh, tokens};

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
