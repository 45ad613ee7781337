//! How many passwords may be tried, from where, and what a refusal leaves behind.

use std::net::IpAddr;
use std::sync::Barrier;

use keywright_core::account::known_device::{self, KnownDevice};
use keywright_core::account::login::{self, LoggedIn};
use keywright_core::account::throttle::{self, Policy};
use keywright_core::audit::Kind;
use keywright_core::error::{Error, ErrorCode};
use keywright_core::provider::{Caller, Provider, Settings};
use keywright_core::secret::Secret;
use keywright_core::session::Browser;
use keywright_core::store::{AuditEvent, AuditFilter, StoreExt as _};
use keywright_core::time::Seconds;
use keywright_testkit::World;
use keywright_testkit::database::each;
use keywright_testkit::world::{ISSUER, PASSWORD};

use crate::journey::{browser, stranger};

const CROWD: usize = 32;
const ROUNDS: usize = 8;
const FREE: usize = 5;

/// A world with `alice` and `bob`, on each database, where this many failures are free: per
/// account and network, per account, per network.
fn each_world(free: [u32; 3], test: impl Fn(World)) {
    each(|scratch| {
        let policy = Policy::new(free, Seconds(2), Seconds::minutes(15), Seconds::hours(1));
        let settings = Settings { throttle: policy, ..World::settings(ISSUER) };
        let world = World::with(scratch, settings);
        world.add_user("alice");
        world.add_user("bob");
        test(world);
    });
}

fn from(provider: &Provider, address: &str) -> Provider {
    let address: IpAddr = address.parse().unwrap();
    provider.asked_by(Caller { address: Some(address), ..Caller::default() })
}

/// Tries a password as an unknown browser does.
fn attempt(provider: &Provider, login: &str, password: &str) -> Result<(), Error> {
    try_with(provider, (login, password), &stranger()).map(drop)
}

fn attempt_with(
    provider: &Provider,
    (login, password): (&str, &str),
    device: &KnownDevice,
) -> Result<Secret, Error> {
    Ok(try_with(provider, (login, password), device)?.device.unwrap())
}

fn try_with(
    provider: &Provider,
    (login, password): (&str, &str),
    device: &KnownDevice,
) -> Result<LoggedIn, Error> {
    let attempt = login::look_up(provider, login, device)?;
    let verdict = login::verify(provider, &attempt, &Secret::new(password));
    login::finish(provider, &attempt, &verdict, &browser(), "test")
}

fn wait(answer: Result<(), Error>) -> Option<Seconds> {
    match answer {
        Err(Error::Throttled(wait)) => Some(wait),
        Err(error) if error.code() == Some(ErrorCode::AccessDenied) => None,
        other => panic!("{other:?}"),
    }
}

fn throttled_events(world: &World) -> Vec<AuditEvent> {
    let filter =
        AuditFilter { kind: Some(Kind::LoginThrottled.as_str().into()), ..AuditFilter::default() };
    world.provider.store.read(|tx| Ok(tx.audit_events(&filter, 100)?)).unwrap()
}

#[test]
fn after_a_few_guesses_the_wait_grows_and_another_user_is_not_held_up() {
    each_world([3, 0, 0], |world| {
        let here = from(&world.provider, "192.0.2.1");
        let mut waits = Vec::new();
        for _ in 0..7 {
            let answer = wait(attempt(&here, "alice", "guess"));
            waits.push(answer.map_or(0, |wait| wait.0));
            world.clock.advance(answer.unwrap_or(Seconds::ZERO));
        }
        assert_eq!(waits, [0, 0, 0, 2, 0, 4, 0]);
        assert!(attempt(&here, "alice", PASSWORD).is_err(), "the right password waits as well");
        assert!(attempt(&here, "bob", PASSWORD).is_ok());
        assert!(attempt(&from(&world.provider, "192.0.2.2"), "alice", PASSWORD).is_ok());
        world.clock.advance(Seconds::minutes(15));
        assert!(attempt(&here, "alice", PASSWORD).is_ok());
    });
}

#[test]
fn a_name_that_nobody_has_waits_exactly_like_any_other() {
    each_world([3, 4, 0], |world| {
        let here = from(&world.provider, "192.0.2.1");
        let waits = |login: &str| -> Vec<_> {
            (0..6).map(|_| wait(attempt(&here, login, "guess"))).collect()
        };
        assert_eq!(waits("nobody"), waits("alice"));
    });
}

#[test]
fn another_spelling_of_a_name_is_the_same_account() {
    each_world([1, 0, 0], |world| {
        let here = from(&world.provider, "192.0.2.1");
        assert_eq!(wait(attempt(&here, "alice", "guess")), None);
        assert!(wait(attempt(&here, " ALICE ", "guess")).is_some());
    });
}

#[test]
fn right_passwords_count_nothing() {
    each_world([1, 1, 1], |world| {
        let here = from(&world.provider, "192.0.2.1");
        for _ in 0..4 {
            attempt(&here, "alice", PASSWORD).unwrap();
        }
    });
}

#[test]
fn an_ipv6_network_is_counted_as_a_64() {
    each_world([0, 0, 2], |world| {
        for host in ["2001:db8::1", "2001:db8::2"] {
            assert_eq!(wait(attempt(&from(&world.provider, host), "alice", "guess")), None);
        }
        let third = from(&world.provider, "2001:db8::ffff");
        assert!(wait(attempt(&third, "bob", "guess")).is_some());
        let elsewhere = from(&world.provider, "2001:db8:0:1::1");
        assert_eq!(wait(attempt(&elsewhere, "bob", "guess")), None);
    });
}

#[test]
fn guesses_from_everywhere_hold_up_strangers_and_not_a_known_browser() {
    each_world([0, 3, 0], |world| {
        let home = from(&world.provider, "198.51.100.1");
        let cookie = attempt_with(&home, ("alice", PASSWORD), &stranger()).unwrap();
        for host in 1..=3 {
            let there = from(&world.provider, &format!("192.0.2.{host}"));
            assert_eq!(wait(attempt(&there, "alice", "guess")), None);
        }
        assert!(matches!(attempt(&home, "alice", PASSWORD), Err(Error::Throttled(_))));
        let known = KnownDevice::shown(Some(cookie.expose()), &browser());
        assert!(attempt_with(&home, ("alice", PASSWORD), &known).is_ok());
        let other = Browser { session: None, device: Secret::new("another browser cookie") };
        let stolen = KnownDevice::shown(Some(cookie.expose()), &other);
        assert!(attempt_with(&home, ("alice", PASSWORD), &stolen).is_err());
    });
}

#[test]
fn a_known_browser_is_held_up_by_its_own_guesses() {
    each_world([2, 1, 0], |world| {
        let home = from(&world.provider, "198.51.100.1");
        let cookie = attempt_with(&home, ("alice", PASSWORD), &stranger()).unwrap();
        let known = KnownDevice::shown(Some(cookie.expose()), &browser());
        let guess = || attempt_with(&home, ("alice", "guess"), &known).map(drop);
        assert_eq!([wait(guess()), wait(guess())], [None, None]);
        assert!(wait(guess()).is_some());
    });
}

#[test]
fn a_known_device_is_bound_to_user_and_browser_and_ends() {
    let world = World::new();
    let (provider, now) = (&world.provider, world.provider.now());
    let known = |cookie: &Secret| KnownDevice::shown(Some(cookie.expose()), &browser());
    let mut cookie = Secret::new("");
    for name in ["one", "two", "three", "four", "five", "six", "six"] {
        cookie = known(&cookie).after_login(provider, name, now).unwrap();
    }
    let counts = |name: &str, at| known(&cookie).knows(provider, name, at).unwrap();
    assert!(!counts("one", now), "a browser is known for five names");
    assert!(["two", "three", "four", "five", " SIX "].iter().all(|name| counts(name, now)));
    assert!(!counts("seven", now));
    assert!(counts("six", now.plus(Seconds::days(179))));
    assert!(!counts("six", now.plus(known_device::LIFETIME)));
    assert!(!counts("six", now.minus(Seconds::days(3))), "a date in the future is no date");
    let newest = cookie.expose().split('.').next().unwrap();
    let forged = format!("AAAA{}", &newest[4..]);
    for other in ["", ".", "x.y", &newest[1..], &forged, "\u{e9}"] {
        let shown = KnownDevice::shown(Some(other), &browser());
        assert!(!shown.knows(provider, "six", now).unwrap(), "{other:?}");
    }
}

#[test]
fn a_flood_that_waits_writes_one_event_and_then_nothing() {
    each_world([2, 0, 0], |world| {
        let here = from(&world.provider, "192.0.2.1");
        for _ in 0..2 {
            assert_eq!(wait(attempt(&here, "alice", "guess")), None);
        }
        assert!(wait(attempt(&here, "alice", "guess")).is_some());
        let before = world.scratch.contents();
        for _ in 0..10 {
            assert!(wait(attempt(&here, "alice", "guess")).is_some());
        }
        assert!(world.scratch.contents() == before, "a refusal left a trace");
        let events = throttled_events(&world);
        assert_eq!(events.len(), 1);
        assert_eq!(events[0].user_id.as_ref().map(ToString::to_string), Some("user-alice".into()));
        assert_eq!(events[0].details["counter"], "account and network");
        assert_eq!(events[0].details["address"], "192.0.2.1");
    });
}

#[test]
fn counters_that_are_turned_off_count_nothing() {
    each_world([0, 0, 0], |world| {
        let here = from(&world.provider, "192.0.2.1");
        for _ in 0..40 {
            let reserved = throttle::reserve(&here, "alice", false, here.now());
            assert!(reserved.is_ok());
        }
        assert!(world.scratch.contents()["throttle"].is_empty());
    });
}

/// Reserves on many threads at once, over two replicas; how many got through.
fn reserved(world: &World, other: &Provider, login: impl Fn(usize) -> String + Sync) -> usize {
    let barrier = Barrier::new(CROWD);
    let providers = [from(&world.provider, "192.0.2.1"), from(other, "192.0.2.1")];
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..CROWD)
            .map(|number| {
                let (barrier, login) = (&barrier, &login);
                let provider = &providers[number % 2];
                scope.spawn(move || {
                    barrier.wait();
                    throttle::reserve(provider, &login(number), false, provider.now())
                })
            })
            .collect();
        let answers = threads.into_iter().map(|thread| thread.join().unwrap());
        let passed = |answer: Result<_, Error>| match answer {
            Ok(_) => true,
            Err(Error::Throttled(_)) => false,
            Err(error) => panic!("{error}"),
        };
        answers.map(passed).filter(|passed| *passed).count()
    })
}

#[test]
fn of_thirty_two_guesses_at_once_over_two_replicas_exactly_the_free_ones_pass() {
    each_world([5, 0, 0], |world| {
        let other = world.second("other");
        for round in 0..ROUNDS {
            let login = format!("user-{round}");
            assert_eq!(reserved(&world, &other, |_| login.clone()), FREE);
        }
    });
}

#[test]
fn of_thirty_two_accounts_at_once_from_one_network_exactly_the_free_ones_pass() {
    each_world([9, 9, 5], |world| {
        let other = world.second("other");
        for _ in 0..ROUNDS {
            assert_eq!(reserved(&world, &other, |number| format!("user-{number}")), FREE);
            world.clock.advance(Seconds::hours(1));
        }
    });
}
