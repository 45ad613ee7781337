//! What users do about their own account, with a database that fails at any step.

use keywright_core::account::change_password::{self, Begun, Typed};
use keywright_core::account::setup::{self, Person};
use keywright_core::account::visit::{self, Place};
use keywright_core::account::{applications, overview, sessions};
use keywright_core::id::ClientId;
use keywright_core::secret::Secret;
use keywright_core::session::Browser;
use keywright_core::time::Seconds;
use keywright_testkit::World;
use keywright_testkit::world::PASSWORD;

use super::{Stage, logged_in};
use crate::journey::{authorize, browser, request, stranger};

/// Two browsers of alice's, and a grant; nothing from the round before.
fn at_home(world: &World) -> Browser {
    world.scratch.execute("DELETE FROM users WHERE login = 'alice'");
    world.add_user("alice");
    logged_in(world, "alice");
    let mut browser = logged_in(world, "alice");
    authorize(world, &mut browser, &request("app", &[("scope", "openid offline_access")]));
    world.clock.advance(Seconds::minutes(2));
    browser
}

#[test]
fn an_account_is_changed_whole_or_not_at_all() {
    Stage::each(|stage| {
        stage.survives("a visit", |_| browser(), |p, b| visit::begin(p, b, Place::Account));
        stage.survives("a look at it", at_home, overview::show);
        stage.survives("signing out everywhere", at_home, sessions::end_all);
        stage.survives("signing out", at_home, sessions::end_this);
        let other = |world: &World| {
            let browser = at_home(world);
            let seen = overview::show(&world.provider, &browser).unwrap().unwrap();
            (seen.sessions.last().unwrap().sid.clone(), browser)
        };
        stage.survives("ending a session", other, |p, (sid, b)| sessions::end(p, b, sid));
        let app = ClientId::new("app");
        stage.survives("disconnecting", at_home, |p, b| applications::revoke(p, b, &app));
    });
}

#[test]
fn a_password_is_changed_whole_or_not_at_all() {
    Stage::each(|stage| {
        let prepare = |world: &World| {
            let browser = at_home(world);
            let begun = change_password::begin(&world.provider, &browser, &stranger());
            let Begun::Attempt(attempt) = begun.unwrap() else { panic!("alice has a password") };
            let (current, new) = (Secret::new(PASSWORD), Secret::new("another password"));
            let typed = Typed { current, repeated: new.clone(), new };
            let hash = change_password::verify(&world.provider, &attempt, &typed).unwrap();
            (browser, attempt, hash)
        };
        stage.survives("a changed password", prepare, |p, (browser, attempt, hash)| {
            change_password::finish(p, browser, attempt, hash.as_ref())
        });
    });
}

#[test]
fn an_administrator_is_set_up_whole_or_not_at_all() {
    Stage::each(|stage| {
        let nobody = |world: &World| world.scratch.execute("DELETE FROM users WHERE roles <> '[]'");
        stage.survives("a link", nobody, |p, ()| setup::open(p));
        let link = |world: &World| {
            nobody(world);
            setup::open(&world.provider).unwrap().unwrap()
        };
        let person = Person::new("ada", "", "").unwrap();
        let hash = Secret::new("kw1$2b$04$of-no-password");
        stage.survives("an administrator", link, |p, token| {
            setup::finish(p, token, (&person, &hash), (&browser(), "test"))
        });
    });
}
