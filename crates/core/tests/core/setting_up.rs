//! The first administrator.

use std::sync::Barrier;

use keywright_core::account::overview;
use keywright_core::account::setup::{self, Person};
use keywright_core::account::user::ADMIN;
use keywright_core::error::{Error, ErrorCode};
use keywright_core::id::{Subject, UserId};
use keywright_core::provider::Provider;
use keywright_core::secret::Secret;
use keywright_core::session::Browser;
use keywright_core::store::{AuditFilter, StoreExt as _, UserRow};
use keywright_testkit::World;

use crate::journey::{browser, refused};

const CROWD: usize = 32;
const ROUNDS: usize = 4;

fn finish(provider: &Provider, token: &Secret, login: &str) -> Result<Secret, Error> {
    let person = Person::new(login, "Ada L.", "ada@example.org").unwrap();
    let hash = Secret::new("kw1$2b$04$of-no-password");
    setup::finish(provider, token, (&person, &hash), (&browser(), "test"))
}

fn open(provider: &Provider) -> Secret {
    setup::open(provider).unwrap().unwrap()
}

fn administrators(world: &World) -> Vec<UserRow> {
    let users = world.provider.store.read(|tx| Ok(tx.users(None, 100)?)).unwrap();
    users.into_iter().filter(|user| user.roles.iter().any(|role| role == ADMIN)).collect()
}

/// Makes `ada` an administrator as the command line does.
fn add_by_hand(provider: &Provider, mut user: UserRow) -> Result<(), Error> {
    user.roles = vec![ADMIN.into()];
    provider.store.write(|tx| {
        setup::close(tx)?;
        Ok(tx.insert_user(&user)?)
    })
}

#[test]
fn the_link_makes_one_administrator_who_is_logged_in_and_is_over_then() {
    World::each(|world| {
        let token = open(&world.provider);
        setup::check(&world.provider, &token).unwrap();
        let session = finish(&world.provider, &token, "Ada").unwrap();
        let here = Browser { session: Some(session), ..browser() };
        let profile = overview::who(&world.provider, &here).unwrap().unwrap();
        assert_eq!((profile.login.as_str(), profile.roles), ("ada", vec![ADMIN.to_owned()]));
        assert_eq!(profile.email.as_deref(), Some("ada@example.org"));
        assert_eq!(refused(finish(&world.provider, &token, "eve")), ErrorCode::AccessDenied);
        assert_eq!(refused(setup::check(&world.provider, &token)), ErrorCode::AccessDenied);
        assert!(setup::open(&world.provider).unwrap().is_none(), "no link beside an administrator");
        let events =
            world.provider.store.read(|tx| Ok(tx.audit_events(&AuditFilter::default(), 9)?));
        assert_eq!(events.unwrap()[0].kind, "setup.completed");
    });
}

#[test]
fn a_start_replaces_the_link_of_the_one_before() {
    World::each(|world| {
        let first = open(&world.provider);
        let second = open(&world.second("replica"));
        for dead in [&first, &Secret::new(""), &Secret::new("guessed")] {
            assert_eq!(refused(setup::check(&world.provider, dead)), ErrorCode::AccessDenied);
            assert_eq!(refused(finish(&world.provider, dead, "eve")), ErrorCode::AccessDenied);
        }
        finish(&world.provider, &second, "ada").unwrap();
    });
}

#[test]
fn a_taken_login_name_leaves_the_link_good_and_nothing_behind() {
    World::each(|world| {
        world.add_user("ada");
        let token = open(&world.provider);
        let before = world.scratch.contents();
        assert_eq!(refused(finish(&world.provider, &token, "ADA")), ErrorCode::InvalidRequest);
        assert!(world.scratch.contents() == before, "a refusal left a trace");
        finish(&world.provider, &token, "grace").unwrap();
    });
}

#[test]
fn an_administrator_made_elsewhere_ends_the_link() {
    World::each(|world| {
        let token = open(&world.provider);
        let user = world.add_user("bob");
        let before = world.scratch.contents();
        let mut promoted = user.clone();
        promoted.roles = vec![ADMIN.into()];
        world.provider.store.write(|tx| Ok(tx.update_user(&promoted)?)).unwrap();
        let refusal = finish(&world.provider, &token, "eve");
        assert_eq!(refused(refusal), ErrorCode::AccessDenied);
        world.provider.store.write(|tx| Ok(tx.update_user(&user)?)).unwrap();
        assert!(world.scratch.contents() == before, "the refusal left a trace");
        let ada = UserRow {
            id: UserId::new("ada"),
            login: "ada".into(),
            subject: Subject::new("ada"),
            ..user
        };
        add_by_hand(&world.provider, ada).unwrap();
        assert_eq!(refused(setup::check(&world.provider, &token)), ErrorCode::AccessDenied);
        assert!(
            world.provider.store.read(|tx| Ok(tx.find_setting("setup_token")?)).unwrap().is_none()
        );
    });
}

#[test]
fn what_cannot_be_a_login_name_is_refused_before_anything_is_asked() {
    assert!(Person::new("", "", "").is_err());
    assert!(Person::new("a b", "", "").is_err());
    assert!(Person::new("ada", &"x".repeat(255), "").is_err());
    assert!(Person::new(" Ada ", "", " ").is_ok());
}

#[test]
fn of_thirty_two_who_follow_the_link_at_once_one_becomes_administrator() {
    World::each(|world| {
        for _ in 0..ROUNDS {
            let token = open(&world.provider);
            let barrier = Barrier::new(CROWD);
            let won = std::thread::scope(|scope| {
                let threads: Vec<_> = (0..CROWD)
                    .map(|number| {
                        let (world, token, barrier) = (&world, &token, &barrier);
                        scope.spawn(move || {
                            barrier.wait();
                            finish(&world.provider, token, &format!("user-{number}")).is_ok()
                        })
                    })
                    .collect();
                threads.into_iter().map(|thread| usize::from(thread.join().unwrap())).sum::<usize>()
            });
            assert_eq!(won, 1);
            let users = world.provider.store.read(|tx| Ok(tx.users(None, 100)?)).unwrap();
            assert_eq!((users.len(), administrators(&world).len()), (1, 1));
            world.scratch.execute("DELETE FROM users");
        }
    });
}

#[test]
fn the_link_never_makes_an_administrator_beside_one_that_was_there_first() {
    World::each(|world| {
        let template = world.add_user("template");
        for round in 0..CROWD {
            let token = open(&world.provider);
            let by_hand = UserRow {
                id: UserId::new(format!("hand-{round}")),
                subject: Subject::new(format!("hand-{round}")),
                login: format!("hand-{round}"),
                ..template.clone()
            };
            let barrier = Barrier::new(2);
            let by_link = std::thread::scope(|scope| {
                let link = scope.spawn(|| {
                    barrier.wait();
                    finish(&world.provider, &token, &format!("link-{round}")).is_ok()
                });
                barrier.wait();
                add_by_hand(&world.provider, by_hand).unwrap();
                link.join().unwrap()
            });
            // The one by hand is always made. The one by link only if it came first, and then
            // its setting was gone before the other looked.
            assert_eq!(administrators(&world).len(), 1 + usize::from(by_link));
            assert!(setup::open(&world.provider).unwrap().is_none());
            world.scratch.execute("DELETE FROM users WHERE login <> 'template'");
        }
    });
}
