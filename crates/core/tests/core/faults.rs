//! The database fails at any step of any flow: nothing stays half done, the error is the server's
//! own, and the same request works afterwards.

mod own_account;

use std::sync::Arc;

use keywright_core::account::{login, password};
use keywright_core::authorize::{self, Decision, Step};
use keywright_core::error::Error;
use keywright_core::id::InteractionId;
use keywright_core::introspect::introspect;
use keywright_core::keys::algorithm::Algorithm;
use keywright_core::keys::rotate::{self, plan};
use keywright_core::provider::Provider;
use keywright_core::resource::TokenFormat;
use keywright_core::revoke::revoke;
use keywright_core::secret::Secret;
use keywright_core::session::{Browser, logout};
use keywright_core::store::{CredentialKind, CredentialRow, KeyState, StoreError, StoreExt as _};
use keywright_core::sweep;
use keywright_core::time::{Clock as _, Seconds};
use keywright_core::token::{self, TokenRequest};
use keywright_core::userinfo::userinfo;
use keywright_testkit::World;
use keywright_testkit::faulty::Faulty;
use keywright_testkit::world::PASSWORD;

use crate::journey::{
    authorize, basic, browser, code, interaction, log_in, populate, redemption, refresh, request,
    stranger, tokens,
};
use crate::keys::lifecycle;

/// A world, and a second process that reaches its database through a store that fails.
struct Stage {
    world: World,
    store: Arc<Faulty>,
    faulty: Provider,
}

impl Stage {
    fn on(world: World) -> Self {
        let store = Faulty::around(world.scratch.database.clone());
        let faulty = world.through(store.clone(), "faulty");
        Self { world, store, faulty }
    }

    /// One on each database, with users, clients, and a resource with opaque tokens.
    fn each(test: impl Fn(Stage)) {
        World::each(|world| {
            populate(&world);
            world.add_resource("opaque", |resource| resource.format = TokenFormat::Opaque);
            test(Self::on(world));
        });
    }

    /// Runs `act` once for each step that it asks of the database, with an error there, and at
    /// last without one. `act` is one thing that the protocol does: it happens or it does not.
    fn survives<I, T>(
        &self,
        what: &str,
        prepare: impl Fn(&World) -> I,
        act: impl Fn(&Provider, &I) -> Result<T, Error>,
    ) {
        for steps in 0.. {
            let input = prepare(&self.world);
            // What time has made stale is read now: each round takes the same steps.
            self.faulty.poll().unwrap();
            let before = self.world.scratch.contents();
            self.store.fail_after(steps, StoreError::Unavailable);
            let result = act(&self.faulty, &input).map(drop);
            let Some(place) = self.store.heal() else {
                assert!(result.is_ok(), "{what}, with nothing in its way: {result:?}");
                assert!(steps > 1, "{what} asks the database for nothing");
                return;
            };
            let own_fault = matches!(result, Err(Error::Store(StoreError::Unavailable(_))));
            assert!(own_fault, "{what}, failing at {place}: {result:?}");
            let after = self.world.scratch.contents();
            for (table, rows) in &before {
                let new = after[table].lines().find(|row| !rows.contains(row));
                assert!(new.is_none(), "{what}, failing at {place}, left in {table}: {new:?}");
                assert_eq!(rows.len(), after[table].len(), "{what}, at {place}: rows of {table}");
            }
            let again = act(&self.faulty, &input).map(drop);
            assert!(again.is_ok(), "{what}, again after failing at {place}: {again:?}");
        }
    }
}

/// A refusal that is to be remembered, as the success that it is here.
fn recorded<T: std::fmt::Debug>(result: Result<T, Error>) -> Result<(), Error> {
    match result {
        Err(Error::RefusedAndRecorded(_)) => Ok(()),
        Err(error) => Err(error),
        Ok(answer) => panic!("not refused: {answer:?}"),
    }
}

fn try_password(provider: &Provider, browser: &Browser, password: &str) -> Result<Secret, Error> {
    let attempt = login::look_up(provider, "alice", &stranger())?;
    let verdict = login::verify(provider, &attempt, &Secret::new(password));
    Ok(login::finish(provider, &attempt, &verdict, browser, "test")?.session)
}

fn logged_in(world: &World, name: &str) -> Browser {
    let mut browser = browser();
    log_in(&world.provider, &mut browser, name);
    browser
}

#[test]
fn a_login_begins_whole_or_not_at_all() {
    Stage::each(|stage| {
        let enter =
            |provider: &Provider, browser: &Browser| try_password(provider, browser, PASSWORD);
        stage.survives("a login", |_| browser(), enter);
        stage.survives("a login again", |world| logged_in(world, "alice"), enter);
        stage.survives("a login in place of another", |world| logged_in(world, "bob"), enter);
        let costly = |world: &World| {
            let hash = password::hash(world.provider.random.as_ref(), &Secret::new(PASSWORD), 5);
            let data = hash.unwrap().into_bytes();
            let put = world.provider.store.write(|tx| {
                let user = tx.find_user_by_login("alice")?.unwrap();
                let row = tx.find_credential(&user.id, CredentialKind::Password)?.unwrap();
                Ok(tx.put_credential(&CredentialRow { data, ..row })?)
            });
            put.unwrap();
            browser()
        };
        stage.survives("a login with a hash to renew", costly, enter);
        stage.survives(
            "a wrong password",
            |_| browser(),
            |provider, browser| recorded(try_password(provider, browser, "wrong")),
        );
    });
}

/// A request of a logged-in browser that waits on a page.
fn waiting(world: &World, prompt: &str) -> (InteractionId, Browser) {
    let browser = logged_in(world, "alice");
    let step = authorize::begin(&world.provider, &request("app", &[("prompt", prompt)]), &browser);
    (interaction(&step.unwrap()), browser)
}

#[test]
fn an_authorization_request_is_stored_and_answered_whole_or_not_at_all() {
    Stage::each(|stage| {
        let parameters = request("app", &[("scope", "openid opaque:read")]);
        let begin = |p: &Provider, browser: &Browser| authorize::begin(p, &parameters, browser);
        stage.survives("a request that needs a page", |_| browser(), begin);
        let known = |world: &World| {
            let mut browser = browser();
            authorize(world, &mut browser, &parameters);
            world.clock.advance(Seconds::minutes(2));
            browser
        };
        stage.survives("a request that is answered at once", known, |p, browser| {
            let step = begin(p, browser)?;
            assert!(matches!(step, Step::Answer(_)));
            Ok(())
        });
        stage.survives("a posted request", |_| (), |p, ()| authorize::park(p, &parameters));
        let parked = |world: &World| authorize::park(&world.provider, &parameters).unwrap();
        stage.survives("a posted request that is taken up", parked, |p, id| {
            authorize::resume(p, id, &browser())
        });
    });
}

#[test]
fn a_page_is_answered_whole_or_not_at_all() {
    Stage::each(|stage| {
        let decide = |decision: Decision| {
            move |p: &Provider, (id, browser): &(InteractionId, Browser)| {
                authorize::decide(p, id, browser, decision)
            }
        };
        let on_consent = |world: &World| waiting(world, "consent");
        let on_choice = |world: &World| waiting(world, "select_account");
        stage.survives("consent", on_consent, decide(Decision::Consent));
        stage.survives("a denial", on_consent, decide(Decision::Deny));
        stage.survives("a chosen account", on_choice, decide(Decision::ChooseAccount));
        stage.survives("another account", on_choice, decide(Decision::OtherAccount));
        for decision in [Decision::Consent, Decision::Deny] {
            let decided = |world: &World| {
                let (id, browser) = waiting(world, "consent");
                authorize::decide(&world.provider, &id, &browser, decision).unwrap();
                (id, browser)
            };
            stage.survives("the answer", decided, |p, (id, browser)| {
                let step = authorize::resume(p, id, browser)?;
                assert!(matches!(step, Step::Answer(_)));
                Ok(())
            });
        }
    });
}

fn ask(provider: &Provider, request: &TokenRequest) -> Result<(), Error> {
    token::exchange(provider, &basic("app"), request).map(drop)
}

fn of_client() -> TokenRequest {
    let resources = vec!["https://opaque.example".into()];
    TokenRequest::ClientCredentials { scope: None, resources }
}

fn refresh_token(world: &World) -> String {
    tokens(world, "openid offline_access").refresh_token.unwrap()
}

#[test]
fn a_code_is_redeemed_whole_or_not_at_all() {
    Stage::each(|stage| {
        for scope in ["openid offline_access", "openid opaque:read"] {
            stage.survives(scope, |world| redemption(&code(world, "app", scope)), ask);
        }
        let used = |world: &World| {
            let request = redemption(&code(world, "app", "openid"));
            ask(&world.provider, &request).unwrap();
            request
        };
        stage.survives("a replay", used, |p, request| recorded(ask(p, request)));
        stage.survives("a client for itself", |_| of_client(), ask);
    });
}

#[test]
fn a_refresh_token_is_rotated_whole_or_not_at_all() {
    Stage::each(|stage| {
        stage.survives("a rotation", |world| refresh(&refresh_token(world)), ask);
        let rotated = |world: &World, ago: Seconds| {
            let request = refresh(&refresh_token(world));
            ask(&world.provider, &request).unwrap();
            world.clock.advance(ago);
            request
        };
        stage.survives("a lost answer", |world| rotated(world, Seconds(10)), ask);
        let late = |world: &World| rotated(world, Seconds(100));
        stage.survives("reuse", late, |p, request| recorded(ask(p, request)));
    });
}

#[test]
fn a_rotation_whose_commit_was_not_confirmed_is_answered_again() {
    Stage::each(|stage| {
        let first = refresh_token(&stage.world);
        stage.store.lose_next_commit();
        let lost = ask(&stage.faulty, &refresh(&first));
        assert!(matches!(lost, Err(Error::Store(_))), "{lost:?}");
        assert!(stage.store.heal().is_some());
        let again = token::exchange(&stage.faulty, &basic("app"), &refresh(&first)).unwrap();
        ask(&stage.faulty, &refresh(&again.refresh_token.unwrap())).unwrap();
    });
}

#[test]
fn tokens_are_seen_and_revoked_whole_or_not_at_all() {
    Stage::each(|stage| {
        let app = basic("app");
        let access = |world: &World| Secret::new(tokens(world, "openid").access_token);
        let opaque = |world: &World| Secret::new(tokens(world, "openid opaque:read").access_token);
        let refresh = |world: &World| Secret::new(refresh_token(world));
        stage.survives("userinfo", access, userinfo);
        stage.survives("userinfo by an opaque token", opaque, userinfo);
        stage.survives("introspection", opaque, |p, token| introspect(p, &app, token));
        stage.survives("introspection of a refresh token", refresh, |p, token| {
            introspect(p, &app, token)
        });
        stage.survives("revocation", access, |p, token| revoke(p, &app, token));
        stage.survives("revocation of a refresh token", refresh, |p, token| revoke(p, &app, token));
    });
}

#[test]
fn a_logout_ends_everything_or_nothing() {
    Stage::each(|stage| {
        let hinted = |world: &World| {
            let mut browser = browser();
            let answer = authorize(world, &mut browser, &request("app", &[]));
            let code = Secret::new(crate::journey::parameter(&answer, "code").unwrap());
            let tokens = token::exchange(&world.provider, &basic("app"), &redemption(&code));
            (vec![("id_token_hint".to_owned(), tokens.unwrap().id_token.unwrap())], browser)
        };
        stage.survives("a logout with a hint", hinted, |p, (parameters, browser)| {
            logout::begin(p, parameters, browser)
        });
        let parameters = [("client_id".to_owned(), "app".to_owned())];
        let parked = |world: &World| {
            let id = logout::park(&world.provider, &parameters).unwrap();
            (id, logged_in(world, "alice"))
        };
        stage.survives("a posted logout", |_| (), |p, ()| logout::park(p, &parameters));
        stage.survives("a posted logout that is taken up", parked, |p, (id, browser)| {
            logout::resume(p, id, browser)
        });
        let asked = |world: &World| {
            let browser = logged_in(world, "alice");
            match logout::begin(&world.provider, &parameters, &browser).unwrap() {
                logout::LogoutStep::Confirm { interaction, .. } => (interaction, browser),
                logout::LogoutStep::Done { .. } => panic!("not asked"),
            }
        };
        stage.survives("a confirmed logout", asked, |p, (id, browser)| {
            logout::confirm(p, id, browser)
        });
    });
}

#[test]
fn keys_change_whole_or_not_at_all_and_never_leave_an_algorithm_without_one() {
    keywright_testkit::database::each(|scratch| {
        let mut settings = World::settings("http://127.0.0.1:8080");
        settings.keys.algorithms = vec![Algorithm::ES256, Algorithm::EdDSA];
        let stage = Stage::on(World::with(scratch, settings));
        let active = |world: &World| {
            let keys = world.provider.store.read(|tx| Ok(tx.keys()?)).unwrap();
            let mut active = keys.into_iter().filter(|key| key.state == KeyState::Active);
            active.find(|key| key.algorithm == Algorithm::ES256).unwrap().kid
        };
        stage.survives("a rotation at once", active, |p, _| {
            lifecycle(p).announce(&[Algorithm::ES256], true)
        });
        stage.survives("a revocation", active, |p, kid| lifecycle(p).revoke(kid));
        // Until the next step is that a key replaces another.
        let due = |world: &World| loop {
            let keys = world.provider.store.read(|tx| Ok(tx.keys()?)).unwrap();
            let steps = plan(&keys, world.clock.now(), &world.provider.settings.keys);
            if steps.iter().any(|step| matches!(step, rotate::Step::Activate { .. })) {
                return;
            }
            lifecycle(&world.provider).advance().unwrap();
            world.clock.advance(Seconds::hours(12));
        };
        stage.survives("what is due", due, |p, ()| lifecycle(p).advance());
    });
}

#[test]
fn a_sweep_that_fails_removes_nothing() {
    Stage::each(|stage| {
        let leftovers = |world: &World| {
            authorize::begin(&world.provider, &request("app", &[]), &browser()).unwrap();
            world.clock.advance(Seconds::hours(2));
        };
        stage.survives("a sweep", leftovers, |p, ()| sweep::batch(p, 100));
    });
}
