//! Redeeming codes, and what the tokens say.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keywright_core::authorize::{self, Step};
use keywright_core::client::metadata::{ClientMetadata, GrantType};
use keywright_core::error::{Error, ErrorCode};
use keywright_core::introspect::introspect;
use keywright_core::keys::algorithm::Algorithm;
use keywright_core::mint::{access_token, hashes, id_token};
use keywright_core::resource::{ClaimPreset, TokenFormat};
use keywright_core::secret::Secret;
use keywright_core::time::Seconds;
use keywright_core::token::{self, TokenRequest};
use keywright_testkit::World;
use serde_json::json;

use crate::journey::{
    authorize, basic, browser, claims, code, finish, interaction, is_active, log_in, parameter,
    populate, public, redemption, refused, request, tokens,
};

#[test]
fn a_code_yields_tokens_that_say_who_logged_in_and_how() {
    World::each(|world| {
        populate(&world);
        let answer = tokens(&world, "openid profile email groups");
        let id_token = answer.id_token.as_deref().unwrap();
        let id = claims(&world, id_token, id_token::TYP);
        assert_eq!(id["iss"], "http://127.0.0.1:8080");
        assert_eq!((&id["aud"], &id["azp"]), (&json!("app"), &json!("app")));
        assert_eq!((&id["sub"], &id["nonce"]), (&json!("sub-alice"), &json!("n-0S6_WzA2Mj")));
        assert_eq!(id["auth_time"], world.provider.now().0);
        assert_eq!((&id["amr"], &id["acr"]), (&json!(["pwd"]), &json!("urn:keywright:acr:1fa")));
        assert_eq!(id["at_hash"], hashes::left_half(Algorithm::RS256, &answer.access_token));
        assert!(id.contains_key("sid") && !id.contains_key("nbf"));
        assert_eq!(
            (&id["email_verified"], &id["groups"]),
            (&json!(true), &json!(["staff", "ops"]))
        );
        let access = claims(&world, &answer.access_token, access_token::TYP);
        assert_eq!((&access["aud"], &access["client_id"]), (&id["iss"], &json!("app")));
        assert_eq!(access["scope"], "openid profile email groups");
        assert_eq!(answer.expires_in, 300);
    });
}

#[test]
fn a_code_is_good_once_and_its_replay_ends_the_grant() {
    World::each(|world| {
        populate(&world);
        let code = code(&world, "app", "openid");
        let first = token::exchange(&world.provider, &basic("app"), &redemption(&code)).unwrap();
        assert!(is_active(&world, &first.access_token));
        let again = token::exchange(&world.provider, &basic("app"), &redemption(&code));
        assert!(matches!(again, Err(Error::RefusedAndRecorded(_))));
        assert_eq!(refused(again), ErrorCode::InvalidGrant);
        assert!(!is_active(&world, &first.access_token));
    });
}

#[test]
fn a_code_shown_by_another_client_or_without_proof_stays_good() {
    World::each(|world| {
        populate(&world);
        world.add_client("other", World::web_client());
        let code = code(&world, "app", "openid");
        let exchange = |who: &str, request: &TokenRequest| {
            token::exchange(&world.provider, &basic(who), request)
        };
        assert_eq!(refused(exchange("other", &redemption(&code))), ErrorCode::InvalidGrant);
        for (redirect_uri, verifier) in [
            (Some("https://app.example/other"), Some(keywright_testkit::world::VERIFIER)),
            (None, Some(keywright_testkit::world::VERIFIER)),
            (Some("https://app.example/cb"), None),
            (
                Some("https://app.example/cb"),
                Some("x-wrong-verifier-of-the-right-length-0123456789"),
            ),
        ] {
            let wrong = TokenRequest::AuthorizationCode {
                code: code.clone(),
                redirect_uri: redirect_uri.map(str::to_owned),
                code_verifier: verifier.map(Secret::new),
                resources: Vec::new(),
            };
            assert_eq!(refused(exchange("app", &wrong)), ErrorCode::InvalidGrant);
        }
        assert!(exchange("app", &redemption(&code)).is_ok());
    });
}

#[test]
fn who_knows_a_grant_and_guesses_its_code_harms_nothing() {
    World::each(|world| {
        populate(&world);
        let code = code(&world, "app", "openid");
        let exchange = |code: &str| {
            token::exchange(&world.provider, &basic("app"), &redemption(&Secret::new(code)))
        };
        let (grant, secret) = code.expose().split_at(22);
        let mut other = secret.to_owned();
        other.replace_range(..1, if secret.starts_with('a') { "b" } else { "a" });
        let guesses = [&format!("{grant}{other}"), grant, secret, "é", ""];
        for guess in guesses {
            assert_eq!(refused(exchange(guess)), ErrorCode::InvalidGrant, "{guess}");
        }
        let tokens = exchange(code.expose()).unwrap();
        for guess in guesses {
            assert_eq!(refused(exchange(guess)), ErrorCode::InvalidGrant, "{guess}");
        }
        assert!(is_active(&world, &tokens.access_token));
    });
}

#[test]
fn a_code_expires_after_a_minute() {
    World::each(|world| {
        populate(&world);
        let code = code(&world, "app", "openid");
        world.clock.advance(Seconds(60));
        let late = token::exchange(&world.provider, &basic("app"), &redemption(&code));
        assert_eq!(refused(late), ErrorCode::InvalidGrant);
    });
}

#[test]
fn a_public_client_redeems_on_any_loopback_port() {
    World::each(|world| {
        populate(&world);
        let code = code(&world, "tool", "openid");
        let request = TokenRequest::AuthorizationCode {
            code,
            redirect_uri: Some("http://127.0.0.1:4711/cb".into()),
            code_verifier: Some(Secret::new(keywright_testkit::world::VERIFIER)),
            resources: Vec::new(),
        };
        let answer = token::exchange(&world.provider, &public("tool"), &request).unwrap();
        assert!(answer.refresh_token.is_some() && answer.id_token.is_some());
    });
}

#[test]
fn the_token_is_for_the_resource_whose_scopes_were_granted() {
    World::each(|world| {
        populate(&world);
        world.add_resource("notes", |resource| {
            resource.claim_preset = ClaimPreset::Simplejwt;
            resource.algorithm = Algorithm::ES256;
        });
        world.add_resource("mail", |_| ());
        let answer = tokens(&world, "openid notes:read");
        let access = claims(&world, &answer.access_token, access_token::TYP);
        assert_eq!(access["aud"], json!(["https://notes.example", "http://127.0.0.1:8080"]));
        assert_eq!(
            (&access["token_type"], &access["user_id"]),
            (&json!("access"), &json!("sub-alice"))
        );
        let plain = tokens(&world, "notes:write");
        let access = claims(&world, &plain.access_token, access_token::TYP);
        assert_eq!(access["aud"], "https://notes.example");
        assert!(plain.id_token.is_none());
    });
}

#[test]
fn each_resource_and_each_client_has_the_algorithm_that_it_asks_for() {
    let world = World::new();
    populate(&world);
    world.add_resource("notes", |_| ());
    for algorithm in Algorithm::ALL {
        world.add_resource(algorithm.as_str(), |resource| resource.algorithm = *algorithm);
        let id = format!("client-{algorithm}");
        let metadata =
            ClientMetadata { id_token_signed_response_alg: *algorithm, ..World::web_client() };
        world.add_client(&id, metadata);
        let code = code(&world, &id, &format!("openid {algorithm}:read"));
        let answer = token::exchange(&world.provider, &basic(&id), &redemption(&code)).unwrap();
        let id_token = answer.id_token.unwrap();
        for token in [&answer.access_token, &id_token] {
            let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
            let header: serde_json::Value = serde_json::from_slice(&header).unwrap();
            assert_eq!(header["alg"], algorithm.as_str());
        }
        claims(&world, &answer.access_token, access_token::TYP);
        let id_token = claims(&world, &id_token, id_token::TYP);
        assert_eq!(id_token["at_hash"], hashes::left_half(*algorithm, &answer.access_token));
    }
}

#[test]
fn several_candidates_are_invalid_target_until_one_is_named() {
    World::each(|world| {
        populate(&world);
        world.add_resource("notes", |_| ());
        world.add_resource("mail", |_| ());
        let code = code(&world, "app", "openid notes:read mail:read");
        let exchange = |resources: &[&str]| {
            let request = TokenRequest::AuthorizationCode {
                code: code.clone(),
                redirect_uri: Some("https://app.example/cb".into()),
                code_verifier: Some(Secret::new(keywright_testkit::world::VERIFIER)),
                resources: resources.iter().map(|r| (*r).to_owned()).collect(),
            };
            token::exchange(&world.provider, &basic("app"), &request)
        };
        assert_eq!(refused(exchange(&[])), ErrorCode::InvalidTarget);
        assert_eq!(refused(exchange(&["https://unknown.example"])), ErrorCode::InvalidTarget);
        let answer = exchange(&["https://mail.example/"]).unwrap();
        assert_eq!(answer.scope, "openid mail:read");
    });
}

#[test]
fn the_default_resource_is_asked_for_and_granted_and_never_given_beside_others() {
    World::each(|world| {
        populate(&world);
        for name in ["notes", "mail", "files"] {
            world.add_resource(name, |_| ());
        }
        let default_resource = Some("https://files.example".to_owned());
        let client = ClientMetadata { default_resource, ..World::web_client() };
        world.add_client("site", client);
        let tokens = |scope: &str, resources: &[&str]| {
            let mut browser = browser();
            let mut parameters = request("site", &[("scope", scope)]);
            parameters.extend(resources.iter().map(|r| ("resource".to_owned(), (*r).to_owned())));
            let step = authorize::begin(&world.provider, &parameters, &browser).unwrap();
            let id = interaction(&step);
            log_in(&world.provider, &mut browser, "alice");
            let step = authorize::resume(&world.provider, &id, &browser).unwrap();
            let Step::Consent { scopes, .. } = &step else { panic!("{step:?}") };
            let asked: BTreeSet<String> = scopes.iter().map(|s| s.resource.clone()).collect();
            let answer = finish(&world.provider, &mut browser, step);
            let code = Secret::new(parameter(&answer, "code").unwrap());
            (asked, token::exchange(&world.provider, &basic("site"), &redemption(&code)))
        };
        let (asked, answer) = tokens("openid", &[]);
        let token = claims(&world, &answer.unwrap().access_token, access_token::TYP);
        assert_eq!(asked, ["", "files"].map(str::to_owned).into());
        assert_eq!(token["aud"][0], "https://files.example");
        let several = ["https://notes.example", "https://mail.example"];
        let (asked, answer) = tokens("openid notes:read mail:read", &several);
        assert_eq!(asked, ["", "mail", "notes"].map(str::to_owned).into());
        assert_eq!(refused(answer), ErrorCode::InvalidTarget);
    });
}

#[test]
fn a_token_without_scopes_has_no_scope_claim() {
    World::each(|world| {
        populate(&world);
        let answer = tokens(&world, "");
        assert_eq!(answer.scope, "");
        let claims = claims(&world, &answer.access_token, access_token::TYP);
        assert!(!claims.contains_key("scope"));
        for token in [Some(answer.access_token), answer.refresh_token].into_iter().flatten() {
            let seen = introspect(&world.provider, &basic("app"), &Secret::new(token)).unwrap();
            assert_eq!(seen["active"], true);
            assert!(!seen.contains_key("scope"), "{seen:?}");
        }
    });
}

#[test]
fn an_opaque_token_is_a_row_with_the_same_claims() {
    World::each(|world| {
        populate(&world);
        world.add_resource("notes", |resource| resource.format = TokenFormat::Opaque);
        let answer = tokens(&world, "openid notes:read");
        assert!(!answer.access_token.contains('.'));
        assert!(is_active(&world, &answer.access_token));
        world.clock.advance(Seconds(300));
        assert!(!is_active(&world, &answer.access_token));
    });
}

#[test]
fn client_credentials_carry_the_client_as_subject_and_only_registered_scopes() {
    World::each(|world| {
        populate(&world);
        world.add_resource("notes", |_| ());
        let robot = ClientMetadata {
            grant_types: vec![GrantType::ClientCredentials],
            scope: Some("openid notes:read".into()),
            ..ClientMetadata::default()
        };
        world.add_client("robot", robot);
        let ask = |client: &str, scope: Option<&str>| {
            let scope = scope.map(str::to_owned);
            let request = TokenRequest::ClientCredentials { scope, resources: Vec::new() };
            token::exchange(&world.provider, &basic(client), &request)
        };
        let answer = ask("robot", None).unwrap();
        let access = claims(&world, &answer.access_token, access_token::TYP);
        assert_eq!((&access["sub"], &access["scope"]), (&json!("robot"), &json!("notes:read")));
        assert!(answer.refresh_token.is_none() && answer.id_token.is_none());
        assert_eq!(refused(ask("robot", Some("notes:write"))), ErrorCode::InvalidScope);
        assert_eq!(refused(ask("robot", Some("openid"))), ErrorCode::InvalidScope);
        assert_eq!(refused(ask("nobody", None)), ErrorCode::InvalidClient);
    });
}

#[test]
fn a_client_without_the_grant_type_is_unauthorized() {
    World::each(|world| {
        populate(&world);
        let request = TokenRequest::ClientCredentials { scope: None, resources: Vec::new() };
        world.add_client(
            "login-only",
            ClientMetadata {
                grant_types: vec![GrantType::AuthorizationCode],
                ..World::web_client()
            },
        );
        let answer = token::exchange(&world.provider, &basic("login-only"), &request);
        assert_eq!(refused(answer), ErrorCode::UnauthorizedClient);
        let code = code(&world, "login-only", "openid offline_access");
        let answer = token::exchange(&world.provider, &basic("login-only"), &redemption(&code));
        let answer = answer.unwrap();
        assert!(answer.refresh_token.is_none());
        assert_eq!(answer.scope, "openid");
    });
}

#[test]
fn basic_credentials_are_read_decoded_and_raw() {
    World::each(|world| {
        populate(&world);
        let client = world.add_client("we ird+id", World::web_client());
        let request = TokenRequest::ClientCredentials { scope: None, resources: Vec::new() };
        for id in ["we+ird%2Bid", client.id.as_str()] {
            assert!(token::exchange(&world.provider, &basic(id), &request).is_ok(), "{id}");
        }
    });
}

#[test]
fn every_response_names_its_issuer() {
    World::each(|world| {
        populate(&world);
        let answer = authorize(&world, &mut browser(), &request("app", &[]));
        assert_eq!(parameter(&answer, "iss"), Some("http://127.0.0.1:8080"));
        assert_eq!(parameter(&answer, "state"), Some("af0ifjsldkj"));
        let refused = authorize(&world, &mut browser(), &request("app", &[("prompt", "none")]));
        assert_eq!(parameter(&refused, "error"), Some("login_required"));
        assert_eq!(parameter(&refused, "iss"), Some("http://127.0.0.1:8080"));
    });
}

#[test]
fn a_resource_that_was_not_agreed_to_cannot_be_named_later() {
    World::each(|world| {
        populate(&world);
        world.add_resource("notes", |_| ());
        let plain = code(&world, "app", "openid");
        let request = TokenRequest::AuthorizationCode {
            code: plain,
            redirect_uri: Some("https://app.example/cb".into()),
            code_verifier: Some(Secret::new(keywright_testkit::world::VERIFIER)),
            resources: vec!["https://notes.example".into()],
        };
        let answer = token::exchange(&world.provider, &basic("app"), &request);
        assert_eq!(refused(answer), ErrorCode::InvalidTarget);
    });
}
