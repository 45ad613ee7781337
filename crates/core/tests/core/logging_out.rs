//! RP-initiated logout.

use keywright_core::authorize::{self, Step};
use keywright_core::client::metadata::ClientMetadata;
use keywright_core::error::ErrorCode;
use keywright_core::secret::Secret;
use keywright_core::session::logout::{self, LogoutStep};
use keywright_core::time::Seconds;
use keywright_core::token;
use keywright_testkit::World;

use crate::journey::{
    authorize, basic, browser, is_active, log_in, parameter, populate, redemption, refresh,
    refused, request, tokens,
};

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn done(step: LogoutStep) -> Option<String> {
    match step {
        LogoutStep::Done { redirect } => redirect,
        LogoutStep::Confirm { .. } => panic!("asks"),
    }
}

#[test]
fn a_hint_for_the_session_logs_out_at_once_even_when_it_expired() {
    World::each(|world| {
        populate(&world);
        let mut browser = browser();
        let answer = authorize(&world, &mut browser, &request("app", &[]));
        let code = keywright_core::secret::Secret::new(parameter(&answer, "code").unwrap());
        let tokens =
            keywright_core::token::exchange(&world.provider, &basic("app"), &redemption(&code));
        let hint = tokens.unwrap().id_token.unwrap();
        world.clock.advance(Seconds::hours(2));
        let parameters = pairs(&[
            ("id_token_hint", &hint),
            ("post_logout_redirect_uri", "https://app.example/bye"),
            ("state", "a b"),
        ]);
        let step = logout::begin(&world.provider, &parameters, &browser).unwrap();
        assert_eq!(done(step).as_deref(), Some("https://app.example/bye?state=a+b"));
        let step = authorize::begin(&world.provider, &request("app", &[]), &browser).unwrap();
        assert!(matches!(step, Step::Login { login: None, .. }));
    });
}

#[test]
fn without_a_hint_the_user_is_asked_first() {
    World::each(|world| {
        populate(&world);
        let mut browser = browser();
        log_in(&world.provider, &mut browser, "alice");
        let parameters =
            pairs(&[("client_id", "app"), ("post_logout_redirect_uri", "https://app.example/bye")]);
        let id = logout::park(&world.provider, &parameters).unwrap();
        let step = logout::resume(&world.provider, &id, &browser).unwrap();
        let LogoutStep::Confirm { interaction, login, client_name, .. } = step else {
            panic!("{step:?}")
        };
        assert_eq!((login.as_str(), client_name.as_deref()), ("alice", Some("Example App")));
        let step = authorize::begin(&world.provider, &request("app", &[]), &browser).unwrap();
        assert!(matches!(step, Step::Consent { .. }), "still logged in");
        let step = logout::confirm(&world.provider, &interaction, &browser).unwrap();
        assert_eq!(done(step).as_deref(), Some("https://app.example/bye"));
        let step = authorize::begin(&world.provider, &request("app", &[]), &browser).unwrap();
        assert!(matches!(step, Step::Login { login: None, .. }));
    });
}

#[test]
fn a_redirect_uri_that_is_not_registered_is_a_page() {
    let world = World::new();
    world.add_client("app", World::web_client());
    let post_logout_redirect_uris = vec!["http://127.0.0.1/bye".into()];
    let tool = ClientMetadata { post_logout_redirect_uris, ..World::native_client() };
    world.add_client("tool", tool);
    for bad in [
        pairs(&[("client_id", "app"), ("post_logout_redirect_uri", "https://evil.example/")]),
        pairs(&[("post_logout_redirect_uri", "https://app.example/bye")]),
        pairs(&[("client_id", "tool"), ("post_logout_redirect_uri", "http://127.0.0.1:9/hi")]),
        pairs(&[("client_id", "nobody")]),
        pairs(&[("id_token_hint", "x.y.z")]),
        pairs(&[("state", "a"), ("state", "b")]),
        pairs(&[("state", "a\u{0}")]),
    ] {
        let step = logout::begin(&world.provider, &bad, &browser());
        assert_eq!(refused(step), ErrorCode::InvalidRequest, "{bad:?}");
    }
    let step = logout::begin(&world.provider, &[], &browser()).unwrap();
    assert_eq!(done(step), None);
    let port =
        pairs(&[("client_id", "tool"), ("post_logout_redirect_uri", "http://127.0.0.1:9/bye")]);
    let step = logout::begin(&world.provider, &port, &browser()).unwrap();
    assert_eq!(done(step).as_deref(), Some("http://127.0.0.1:9/bye"));
}

#[test]
fn a_hint_for_another_session_than_the_one_at_hand_asks_and_ends_neither() {
    World::each(|world| {
        populate(&world);
        let alice = tokens(&world, "openid");
        let mut bob = browser();
        log_in(&world.provider, &mut bob, "bob");
        let hint = pairs(&[("id_token_hint", &alice.id_token.unwrap())]);
        let step = logout::begin(&world.provider, &hint, &bob).unwrap();
        let LogoutStep::Confirm { interaction, login, .. } = step else { panic!("{step:?}") };
        assert_eq!(login, "bob");
        assert!(is_active(&world, &alice.access_token), "alice was not asked");
        done(logout::confirm(&world.provider, &interaction, &bob).unwrap());
        assert!(is_active(&world, &alice.access_token));
        done(logout::begin(&world.provider, &hint, &bob).unwrap());
        assert!(!is_active(&world, &alice.access_token), "there is nobody else to ask");
    });
}

#[test]
fn an_idle_session_or_one_without_its_cookie_is_ended_all_the_same() {
    World::each(|world| {
        populate(&world);
        for forgets_cookie in [false, true] {
            let mut browser = browser();
            let answer = authorize(&world, &mut browser, &request("app", &[]));
            let code = Secret::new(parameter(&answer, "code").unwrap());
            let tokens = token::exchange(&world.provider, &basic("app"), &redemption(&code));
            let tokens = tokens.unwrap();
            world.clock.advance(Seconds::hours(23));
            let again = refresh(&tokens.refresh_token.unwrap());
            let next = token::exchange(&world.provider, &basic("app"), &again).unwrap();
            world.clock.advance(Seconds::hours(23));
            if forgets_cookie {
                browser.session = None;
            }
            let hint = pairs(&[("id_token_hint", &tokens.id_token.unwrap())]);
            done(logout::begin(&world.provider, &hint, &browser).unwrap());
            let late = refresh(&next.refresh_token.unwrap());
            let late = token::exchange(&world.provider, &basic("app"), &late);
            assert_eq!(refused(late), ErrorCode::InvalidGrant, "{forgets_cookie}");
        }
    });
}
