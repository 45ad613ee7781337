//! Clocks that disagree, go back, or jump ahead: correct service or a clear refusal, and nothing
//! is lost.

use keywright_core::authorize::{self, Decision, Step};
use keywright_core::error::ErrorCode;
use keywright_core::introspect::introspect;
use keywright_core::keys::algorithm::Algorithm;
use keywright_core::provider::Provider;
use keywright_core::secret::Secret;
use keywright_core::session::{Browser, logout};
use keywright_core::sweep;
use keywright_core::time::Seconds;
use keywright_core::token::{self, TokenResponse};
use keywright_core::userinfo::userinfo;
use keywright_testkit::World;

use crate::journey::{
    authorize, basic, browser, code, finish, interaction, is_active, log_in, parameter, populate,
    redemption, refresh, refused, request, tokens,
};

/// Five seconds between two replicas, either way.
const SKEW: Seconds = Seconds(5);

fn rotate(provider: &Provider, tokens: &TokenResponse) -> TokenResponse {
    let request = refresh(tokens.refresh_token.as_deref().unwrap());
    token::exchange(provider, &basic("app"), &request).unwrap()
}

/// One user's whole way, each step on the other replica.
fn hop(one: &Provider, other: &Provider) {
    let mut browser: Browser = browser();
    let asked = request("app", &[("scope", "openid profile"), ("prompt", "consent")]);
    let page = authorize::begin(one, &asked, &browser).unwrap();
    let id = interaction(&page);
    log_in(other, &mut browser, "alice");
    let page = authorize::resume(one, &id, &browser).unwrap();
    assert!(matches!(page, Step::Consent { .. }), "{page:?}");
    authorize::decide(other, &id, &browser, Decision::Consent).unwrap();
    let Step::Answer(answer) = authorize::resume(one, &id, &browser).unwrap() else {
        panic!("no answer")
    };
    let code = Secret::new(parameter(&answer, "code").expect("a code"));
    let first = token::exchange(other, &basic("app"), &redemption(&code)).unwrap();
    for provider in [one, other] {
        let token = Secret::new(first.access_token.as_str());
        assert_eq!(introspect(provider, &basic("app"), &token).unwrap()["active"], true);
        userinfo(provider, &token).unwrap();
    }
    let second = rotate(one, &first);
    let repeated = rotate(other, &first);
    assert_eq!(second.refresh_token, repeated.refresh_token);
    rotate(other, &second);
    for again in [("prompt", "login"), ("max_age", "0")] {
        let page = authorize::begin(one, &request("app", &[again]), &browser).unwrap();
        log_in(other, &mut browser, "alice");
        let step = authorize::resume(one, &interaction(&page), &browser).unwrap();
        assert!(matches!(step, Step::Answer(_)), "the login counts: {step:?}");
    }
    let fresh = request("app", &[("max_age", "60")]);
    let step = authorize::begin(other, &fresh, &browser).unwrap();
    assert!(matches!(step, Step::Answer(_)), "a login of just now is fresh everywhere");
    let hint = [("id_token_hint".to_owned(), first.id_token.unwrap())];
    let done = logout::begin(one, &hint, &browser).unwrap();
    assert!(matches!(done, logout::LogoutStep::Done { .. }));
}

#[test]
fn replicas_whose_clocks_are_five_seconds_apart_serve_one_user_in_turns() {
    World::each(|world| {
        populate(&world);
        let (ahead, _) = world.skewed("ahead", SKEW);
        hop(&world.provider, &ahead);
        hop(&ahead, &world.provider);
    });
}

#[test]
fn replicas_whose_clocks_are_five_seconds_apart_agree_on_the_keys() {
    World::each(|world| {
        let (ahead, clock) = world.skewed("ahead", SKEW);
        world.clock.advance(Seconds::days(89));
        clock.advance(Seconds::days(89));
        let sign = |provider: &Provider| {
            provider.snapshot().unwrap().keys.sign(Algorithm::ES256, "JWT", b"{}").unwrap()
        };
        for _ in 0..12 {
            for provider in [&ahead, &world.provider] {
                provider.rotate_keys().unwrap();
                let token = sign(provider);
                for verifier in [&ahead, &world.provider] {
                    verifier.poll().unwrap();
                    let keys = &verifier.snapshot().unwrap().keys;
                    assert!(keys.verify(&token, "JWT", false).is_some());
                }
            }
            world.clock.advance(Seconds::hours(6));
            clock.advance(Seconds::hours(6));
        }
    });
}

#[test]
fn a_clock_that_goes_back_an_hour_ends_nothing_and_revokes_nothing() {
    World::each(|world| {
        populate(&world);
        let first = tokens(&world, "openid offline_access");
        let second = rotate(&world.provider, &first);
        let unused = code(&world, "app", "openid");
        let mut browser = browser();
        log_in(&world.provider, &mut browser, "alice");
        let again = request("app", &[("prompt", "login")]);
        let page = authorize::begin(&world.provider, &again, &browser).unwrap();
        world.clock.advance(Seconds(-3600));
        log_in(&world.provider, &mut browser, "alice");
        let step = authorize::resume(&world.provider, &interaction(&page), &browser).unwrap();
        assert!(!matches!(step, Step::Login { .. }), "the login counts: {step:?}");
        token::exchange(&world.provider, &basic("app"), &redemption(&unused)).unwrap();
        assert!(is_active(&world, &second.access_token));
        let repeated = rotate(&world.provider, &first);
        assert_eq!(second.refresh_token, repeated.refresh_token);
        let third = rotate(&world.provider, &second);
        let answer = authorize(&world, &mut browser, &request("app", &[]));
        assert!(parameter(&answer, "code").is_some(), "the session is still there");
        assert!(!world.provider.rotate_keys().unwrap(), "no key is due");
        world.clock.advance(Seconds(3600));
        rotate(&world.provider, &third);
    });
}

#[test]
fn a_clock_that_jumps_a_year_ahead_refuses_clearly_and_goes_on_when_it_is_right_again() {
    World::each(|world| {
        populate(&world);
        let start = tokens(&world, "openid offline_access");
        sweep::batch(&world.provider, 100).unwrap();
        let year = Seconds::days(365);
        world.clock.advance(year);
        assert_eq!(sweep::batch(&world.provider, 100).unwrap(), 0, "everything has expired");
        let late = refresh(start.refresh_token.as_deref().unwrap());
        let late = token::exchange(&world.provider, &basic("app"), &late);
        assert_eq!(refused(late), ErrorCode::InvalidGrant);
        assert!(!is_active(&world, &start.access_token));
        world.provider.rotate_keys().unwrap();
        let new = tokens(&world, "openid offline_access");
        assert!(is_active(&world, &new.access_token));

        world.clock.advance(Seconds(-year.0));
        sweep::batch(&world.provider, 100).unwrap();
        assert!(is_active(&world, &start.access_token));
        rotate(&world.provider, &start);
        rotate(&world.provider, &new);
        world.provider.rotate_keys().unwrap();
        let step = authorize::begin(&world.provider, &request("app", &[]), &browser()).unwrap();
        let answer = finish(&world.provider, &mut browser(), step);
        assert!(parameter(&answer, "code").is_some());
    });
}

#[test]
fn a_sweep_rests_for_an_hour_after_the_clock_jumped_and_then_goes_on() {
    World::each(|world| {
        populate(&world);
        let sweep = || sweep::batch(&world.provider, 100).unwrap();
        let turns = |minutes: i64| {
            (0..minutes / 5).map(|_| {
                world.clock.advance(Seconds::minutes(5));
                sweep()
            })
        };
        code(&world, "app", "openid");
        sweep();
        for jump in [Seconds::days(60), Seconds::days(-1), Seconds::days(60)] {
            world.clock.advance(jump);
            assert_eq!(sweep(), 0);
            assert_eq!(turns(55).sum::<usize>(), 0, "{jump:?}");
        }
        assert!(turns(10).sum::<usize>() > 0);
    });
}
