//! What users do about their own account.

use keywright_core::account::applications::{self, Application};
use keywright_core::account::change_password::{self, Begun, Typed};
use keywright_core::account::login::Attempt;
use keywright_core::account::overview::{self, Overview};
use keywright_core::account::sessions::{self, Ended};
use keywright_core::account::throttle::Policy;
use keywright_core::account::visit::{self, Place};
use keywright_core::account::{login, password};
use keywright_core::authorize::{self, Decision, Step};
use keywright_core::error::{Error, ErrorCode};
use keywright_core::id::{ClientId, Sid, UserId};
use keywright_core::provider::{Provider, Settings};
use keywright_core::secret::Secret;
use keywright_core::session::Browser;
use keywright_core::store::{AuditFilter, CredentialKind, StoreExt as _};
use keywright_core::time::Seconds;
use keywright_core::token;
use keywright_testkit::World;
use keywright_testkit::database::each;
use keywright_testkit::world::{ISSUER, PASSWORD};

use crate::journey::{
    authorize, basic, browser, interaction, is_active, log_in, parameter, populate, redemption,
    refresh, refused, request, stranger,
};

const NEW: &str = "an entirely new password";

/// How many events of this kind were recorded.
fn count(world: &World, kind: &str) -> usize {
    let filter = AuditFilter { kind: Some(kind.to_owned()), ..AuditFilter::default() };
    world.provider.store.read(|tx| Ok(tx.audit_events(&filter, 100)?)).unwrap().len()
}

fn see(world: &World, browser: &Browser) -> Overview {
    overview::show(&world.provider, browser).unwrap().unwrap()
}

/// A browser of its own, logged in.
fn logged_in(world: &World, who: &str, device: &str) -> Browser {
    let mut browser = Browser { session: None, device: Secret::new(device) };
    log_in(&world.provider, &mut browser, who);
    browser
}

/// Tokens of `app`, got in this browser.
fn tokens(world: &World, browser: &mut Browser, scope: &str) -> token::TokenResponse {
    let answer = authorize(world, browser, &request("app", &[("scope", scope)]));
    let code = Secret::new(parameter(&answer, "code").unwrap());
    token::exchange(&world.provider, &basic("app"), &redemption(&code)).unwrap()
}

fn is_dead(world: &World, tokens: &token::TokenResponse) -> bool {
    let again = refresh(tokens.refresh_token.as_deref().unwrap());
    let refreshed = token::exchange(&world.provider, &basic("app"), &again);
    let ended = refreshed.is_err_and(|error| error.code() == Some(ErrorCode::InvalidGrant));
    ended && !is_active(world, &tokens.access_token)
}

fn typed(current: &str, new: &str) -> Typed {
    let secret = |text: &str| Secret::new(text);
    Typed { current: secret(current), new: secret(new), repeated: secret(new) }
}

fn attempt(provider: &Provider, browser: &Browser) -> Attempt {
    match change_password::begin(provider, browser, &stranger()).unwrap() {
        Begun::Attempt(attempt) => attempt,
        other => panic!("{other:?}"),
    }
}

fn change(
    provider: &Provider,
    browser: &mut Browser,
    (current, new): (&str, &str),
) -> Result<Option<Secret>, Error> {
    let attempt = attempt(provider, browser);
    let hash = change_password::verify(provider, &attempt, &typed(current, new))?;
    let cookie = change_password::finish(provider, browser, &attempt, hash.as_ref())?;
    browser.session.clone_from(&cookie);
    Ok(cookie)
}

fn can_log_in(world: &World, name: &str, password: &str) -> bool {
    let attempt = login::look_up(&world.provider, name, &stranger()).unwrap();
    let verdict = login::verify(&world.provider, &attempt, &Secret::new(password));
    login::finish(&world.provider, &attempt, &verdict, &browser(), "test").is_ok()
}

#[test]
fn an_anonymous_visitor_logs_in_and_comes_back_to_where_the_visit_led() {
    World::each(|world| {
        populate(&world);
        for to in [Place::Account, Place::Password] {
            let mut browser = browser();
            let step = visit::begin(&world.provider, &browser, to).unwrap();
            assert!(matches!(step, Step::Login { client: None, login: None, .. }), "{step:?}");
            let id = interaction(&step);
            log_in(&world.provider, &mut browser, "alice");
            let step = authorize::resume(&world.provider, &id, &browser).unwrap();
            assert!(matches!(step, Step::Return(there) if there == to), "{step:?}");
        }
    });
}

#[test]
fn who_would_rather_not_log_in_goes_to_the_landing_page_and_another_browser_nowhere() {
    World::each(|world| {
        populate(&world);
        let step = visit::begin(&world.provider, &browser(), Place::Account).unwrap();
        let id = interaction(&step);
        let stranger = Browser { session: None, device: Secret::new("another browser") };
        let seen = authorize::resume(&world.provider, &id, &stranger);
        assert_eq!(refused(seen), ErrorCode::InvalidRequest);
        for decision in [Decision::Consent, Decision::Deny, Decision::Deny] {
            authorize::decide(&world.provider, &id, &browser(), decision).unwrap();
        }
        let step = authorize::resume(&world.provider, &id, &browser()).unwrap();
        assert!(matches!(step, Step::Return(Place::Landing)), "{step:?}");
    });
}

#[test]
fn the_overview_says_who_where_and_whom() {
    World::each(|world| {
        populate(&world);
        world.add_resource("notes", |_| ());
        let mut laptop = logged_in(&world, "alice", "laptop");
        tokens(&world, &mut laptop, "openid email notes:read");
        world.clock.advance(Seconds::hours(1));
        let phone = logged_in(&world, "alice", "phone");
        let seen = see(&world, &phone);
        let profile = &seen.profile;
        assert_eq!(
            (profile.login.as_str(), profile.name.as_deref()),
            ("alice", Some("alice Example"))
        );
        assert_eq!(profile.email.as_deref(), Some("alice@example.org"));
        assert_eq!((profile.groups.len(), profile.roles.len()), (2, 0));
        assert!(profile.password_set_at.is_some());
        assert_eq!(seen.sessions.iter().map(|s| s.is_this).collect::<Vec<_>>(), [true, false]);
        assert_eq!(seen.sessions[0].browser, "test");
        let [app] = seen.applications.as_slice() else { panic!("{seen:?}") };
        assert_eq!((app.name.as_str(), app.offline), ("Example App", false));
        let words: Vec<_> = app.scopes.iter().map(|s| (&*s.resource, &*s.description)).collect();
        let expected = [
            ("", "Know who you are in this service"),
            ("", "See your e-mail address"),
            ("notes", "Read your notes"),
        ];
        assert_eq!(words, expected);
        assert!(overview::show(&world.provider, &browser()).unwrap().is_none());
    });
}

#[test]
fn looking_at_the_account_keeps_a_session_from_being_idle() {
    World::each(|world| {
        populate(&world);
        let browser = logged_in(&world, "alice", "laptop");
        for _ in 0..3 {
            world.clock.advance(Seconds::hours(23));
            see(&world, &browser);
        }
        let seen = see(&world, &browser);
        assert_eq!(
            seen.sessions[0].last_seen_at.since(seen.sessions[0].created_at),
            Seconds::hours(69)
        );
    });
}

#[test]
fn a_changed_password_ends_every_other_session_and_every_grant() {
    World::each(|world| {
        populate(&world);
        let mut laptop = logged_in(&world, "alice", "laptop");
        let mut phone = logged_in(&world, "alice", "phone");
        let bob = logged_in(&world, "bob", "bob's");
        let offline = tokens(&world, &mut phone, "openid offline_access");
        let here = tokens(&world, &mut laptop, "openid");
        let before = laptop.session.clone();
        change(&world.provider, &mut laptop, (PASSWORD, NEW)).unwrap().unwrap();
        assert!(is_dead(&world, &offline) && is_dead(&world, &here));
        let old = Browser { session: before, device: Secret::new("laptop") };
        for out in [&phone, &old] {
            assert!(overview::show(&world.provider, out).unwrap().is_none());
        }
        assert_eq!(see(&world, &laptop).sessions.len(), 1);
        assert_eq!(see(&world, &bob).sessions.len(), 1, "another user is not concerned");
        assert!(can_log_in(&world, "alice", NEW) && !can_log_in(&world, "alice", PASSWORD));
        let found = world.provider.store.read(|tx| {
            let user = UserId::new("user-alice");
            Ok(tx.find_credential(&user, CredentialKind::Password)?.unwrap().set_by_user)
        });
        assert!(found.unwrap(), "configuration must not overwrite it");
        assert_eq!((count(&world, "password.changed"), count(&world, "session.ended")), (1, 1));
    });
}

#[test]
fn a_wrong_current_password_changes_nothing_and_is_recorded() {
    World::each(|world| {
        populate(&world);
        let mut laptop = logged_in(&world, "alice", "laptop");
        let refusal = change(&world.provider, &mut laptop, ("not the password", NEW));
        assert_eq!(refused(refusal), ErrorCode::AccessDenied);
        assert_eq!(count(&world, "login.failed"), 1);
        assert!(can_log_in(&world, "alice", PASSWORD));
    });
}

#[test]
fn guessing_the_current_password_is_throttled_like_a_login_and_a_right_one_is_refunded() {
    each(|scratch| {
        let throttle = Policy::new([0, 3, 0], Seconds(2), Seconds(60), Seconds::hours(1));
        let world = World::with(scratch, Settings { throttle, ..World::settings(ISSUER) });
        world.add_user("alice");
        let mut laptop = logged_in(&world, "alice", "laptop");
        let password = |number: usize| format!("{PASSWORD}{number}");
        change(&world.provider, &mut laptop, (PASSWORD, &password(0))).unwrap();
        for number in 0..5 {
            let (old, new) = (password(number), password(number + 1));
            change(&world.provider, &mut laptop, (&old, &new)).unwrap();
        }
        for _ in 0..3 {
            let refusal = change(&world.provider, &mut laptop, ("a guess", NEW));
            assert_eq!(refused(refusal), ErrorCode::AccessDenied);
        }
        let begun = change_password::begin(&world.provider, &laptop, &stranger());
        assert!(matches!(begun, Err(Error::Throttled(_))), "{begun:?}");
        let login = login::look_up(&world.provider, "alice", &stranger());
        assert!(matches!(login, Err(Error::Throttled(_))), "the counters are the same");
    });
}

#[test]
fn a_password_that_was_changed_meanwhile_is_not_overwritten() {
    World::each(|world| {
        populate(&world);
        let mut laptop = logged_in(&world, "alice", "laptop");
        let mut phone = logged_in(&world, "alice", "phone");
        let attempt = attempt(&world.provider, &phone);
        let late = change_password::verify(
            &world.provider,
            &attempt,
            &typed(PASSWORD, "too late a password"),
        );
        change(&world.provider, &mut laptop, (PASSWORD, NEW)).unwrap();
        log_in_as(&world, &mut phone, NEW);
        let refusal =
            change_password::finish(&world.provider, &phone, &attempt, late.unwrap().as_ref());
        assert_eq!(refused(refusal), ErrorCode::AccessDenied);
        assert!(can_log_in(&world, "alice", NEW));
    });
}

fn log_in_as(world: &World, browser: &mut Browser, password: &str) {
    let attempt = login::look_up(&world.provider, "alice", &stranger()).unwrap();
    let verdict = login::verify(&world.provider, &attempt, &Secret::new(password));
    let cookie = login::finish(&world.provider, &attempt, &verdict, browser, "test");
    browser.session = Some(cookie.unwrap().session);
}

#[test]
fn the_attempt_of_one_user_changes_no_other_users_password() {
    World::each(|world| {
        populate(&world);
        let alice = logged_in(&world, "alice", "laptop");
        let bob = logged_in(&world, "bob", "laptop");
        let attempt = attempt(&world.provider, &alice);
        let hash =
            change_password::verify(&world.provider, &attempt, &typed(PASSWORD, NEW)).unwrap();
        let refusal = change_password::finish(&world.provider, &bob, &attempt, hash.as_ref());
        assert_eq!(refused(refusal), ErrorCode::AccessDenied);
        assert!(can_log_in(&world, "alice", PASSWORD) && can_log_in(&world, "bob", PASSWORD));
    });
}

#[test]
fn a_new_password_must_be_long_enough_typed_twice_and_new() {
    let check = |current: &str, new: &str, repeated: &str| {
        let repeated = Secret::new(repeated);
        change_password::check(&Typed { repeated, ..typed(current, new) })
    };
    assert!(check(PASSWORD, NEW, NEW).is_ok());
    assert!(check(PASSWORD, "short", "short").is_err());
    assert!(check(PASSWORD, NEW, "an entirely new passwort").is_err());
    assert!(check(PASSWORD, PASSWORD, PASSWORD).is_err());
}

#[test]
fn who_has_no_password_has_none_to_change() {
    World::each(|world| {
        populate(&world);
        let laptop = logged_in(&world, "alice", "laptop");
        world.scratch.execute("DELETE FROM credentials");
        let begun = change_password::begin(&world.provider, &laptop, &stranger()).unwrap();
        assert!(matches!(begun, Begun::NoPassword), "{begun:?}");
        assert_eq!(see(&world, &laptop).profile.password_set_at, None);
        let begun = change_password::begin(&world.provider, &browser(), &stranger()).unwrap();
        assert!(matches!(begun, Begun::NobodyIsHere), "{begun:?}");
    });
}

#[test]
fn ending_one_session_ends_what_is_bound_to_it_and_nothing_else() {
    World::each(|world| {
        populate(&world);
        let laptop = logged_in(&world, "alice", "laptop");
        let mut phone = logged_in(&world, "alice", "phone");
        let bound = tokens(&world, &mut phone, "openid");
        let offline = tokens(&world, &mut phone, "openid offline_access");
        let sid = see(&world, &laptop).sessions[1].sid.clone();
        assert_eq!(sessions::end(&world.provider, &laptop, &sid).unwrap(), Ended::Elsewhere);
        assert!(overview::show(&world.provider, &phone).unwrap().is_none());
        assert!(is_dead(&world, &bound) && is_active(&world, &offline.access_token));
        assert_eq!(count(&world, "session.ended"), 1);
        let own = see(&world, &laptop).sessions[0].sid.clone();
        assert_eq!(sessions::end(&world.provider, &laptop, &own).unwrap(), Ended::Here);
        assert_eq!((count(&world, "session.ended"), count(&world, "logout")), (1, 1));
    });
}

#[test]
fn nobody_ends_another_users_session_or_disconnects_their_applications() {
    World::each(|world| {
        populate(&world);
        let mut alice = logged_in(&world, "alice", "laptop");
        let hers = tokens(&world, &mut alice, "openid offline_access");
        let bob = logged_in(&world, "bob", "phone");
        let sid = see(&world, &alice).sessions[0].sid.clone();
        let before = world.scratch.contents();
        for sid in [sid, Sid::new("unknown")] {
            assert_eq!(sessions::end(&world.provider, &bob, &sid).unwrap(), Ended::Elsewhere);
        }
        assert!(applications::revoke(&world.provider, &bob, &ClientId::new("app")).unwrap());
        let anonymous = browser();
        assert!(!applications::revoke(&world.provider, &anonymous, &ClientId::new("app")).unwrap());
        assert_eq!(sessions::end_all(&world.provider, &anonymous).unwrap(), Ended::NobodyIsHere);
        assert!(world.scratch.contents() == before, "something of alice's was touched");
        assert!(is_active(&world, &hers.access_token));
    });
}

#[test]
fn signing_out_everywhere_ends_every_session_and_spares_what_is_offline() {
    World::each(|world| {
        populate(&world);
        let mut laptop = logged_in(&world, "alice", "laptop");
        let phone = logged_in(&world, "alice", "phone");
        let bound = tokens(&world, &mut laptop, "openid");
        let offline = tokens(&world, &mut laptop, "openid offline_access");
        assert_eq!(sessions::end_all(&world.provider, &laptop).unwrap(), Ended::Here);
        for out in [&laptop, &phone] {
            assert!(overview::show(&world.provider, out).unwrap().is_none());
        }
        assert!(is_dead(&world, &bound) && is_active(&world, &offline.access_token));
        assert_eq!((count(&world, "logout"), count(&world, "session.ended")), (1, 1));
    });
}

#[test]
fn a_disconnected_application_has_nothing_left_and_asks_again() {
    World::each(|world| {
        populate(&world);
        let mut laptop = logged_in(&world, "alice", "laptop");
        let bound = tokens(&world, &mut laptop, "openid");
        let offline = tokens(&world, &mut laptop, "openid offline_access");
        let names = |list: Vec<Application>| list.into_iter().map(|a| a.name).collect::<Vec<_>>();
        let seen = see(&world, &laptop).applications;
        assert!(seen[0].offline);
        assert_eq!(names(seen), ["Example App"]);
        assert!(applications::revoke(&world.provider, &laptop, &ClientId::new("app")).unwrap());
        assert!(is_dead(&world, &bound) && is_dead(&world, &offline));
        assert!(see(&world, &laptop).applications.is_empty());
        assert_eq!(count(&world, "consent.revoked"), 1);
        let step = authorize::begin(&world.provider, &request("app", &[]), &laptop).unwrap();
        assert!(matches!(step, Step::Consent { .. }), "{step:?}");
    });
}

#[test]
fn a_client_that_needs_no_consent_is_listed_and_disconnected_all_the_same() {
    World::each(|world| {
        populate(&world);
        let first_party = keywright_core::client::metadata::ClientMetadata {
            first_party: true,
            ..World::web_client()
        };
        world.add_client("own", first_party);
        let mut laptop = logged_in(&world, "alice", "laptop");
        let answer = authorize(&world, &mut laptop, &request("own", &[]));
        assert!(parameter(&answer, "code").is_some());
        let seen = see(&world, &laptop).applications;
        assert_eq!((seen.len(), seen[0].client_id.as_str()), (1, "own"));
        assert!(applications::revoke(&world.provider, &laptop, &ClientId::new("own")).unwrap());
        assert!(see(&world, &laptop).applications.is_empty());
        let code = Secret::new(parameter(&answer, "code").unwrap());
        let redeemed = token::exchange(&world.provider, &basic("own"), &redemption(&code));
        assert_eq!(refused(redeemed), ErrorCode::InvalidGrant);
    });
}

#[test]
fn a_hash_that_is_renewed_at_a_login_never_brings_an_old_password_back() {
    World::each(|world| {
        populate(&world);
        let attempt = login::look_up(&world.provider, "alice", &stranger()).unwrap();
        let renewed = password::hash(world.provider.random.as_ref(), &Secret::new(PASSWORD), 5);
        let renewed = login::Verdict::Renewed(Secret::new(renewed.unwrap()));
        let mut laptop = logged_in(&world, "alice", "laptop");
        change(&world.provider, &mut laptop, (PASSWORD, NEW)).unwrap();
        let late = login::finish(&world.provider, &attempt, &renewed, &browser(), "test");
        assert_eq!(refused(late.map(|_| ())), ErrorCode::AccessDenied);
        assert!(can_log_in(&world, "alice", NEW) && !can_log_in(&world, "alice", PASSWORD));
    });
}
