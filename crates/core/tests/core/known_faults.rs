//! What went wrong in other servers (docs/security.md), as far as no other test shows it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keywright_core::authorize;
use keywright_core::client::authenticate::{Presented, secret_digest};
use keywright_core::error::ErrorCode;
use keywright_core::introspect::introspect;
use keywright_core::secret::Secret;
use keywright_core::session::logout;
use keywright_core::store::StoreExt as _;
use keywright_core::token::{self, TokenRequest};
use keywright_core::userinfo::userinfo;
use keywright_testkit::World;
use keywright_testkit::world::CLIENT_SECRET;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;
use serde_json::{Value, json};

use crate::journey::{basic, browser, populate, redemption, refused, request, tokens};

#[test]
fn a_nul_anywhere_is_a_refusal_and_never_a_5xx() {
    World::each(|world| {
        populate(&world);
        let provider = &world.provider;
        for name in
            ["client_id", "redirect_uri", "scope", "state", "nonce", "login_hint", "resource"]
        {
            let asked = request("app", &[(name, "a\0b")]);
            let begun = authorize::begin(provider, &asked, &browser());
            assert!(begun.is_ok() || begun.is_err_and(|error| error.code().is_some()), "{name}");
        }
        for name in ["client_id", "post_logout_redirect_uri", "id_token_hint", "state"] {
            let leaving = [(name.to_owned(), "a\0b".to_owned())];
            assert_eq!(
                refused(logout::begin(provider, &leaving, &browser())),
                ErrorCode::InvalidRequest
            );
        }
        for id in ["app\0", "app%00", "\0", "%00app"] {
            let in_header =
                Presented { basic: Some((id.into(), Secret::new("x"))), ..Presented::default() };
            let in_body = Presented { client_id: Some(id.into()), ..Presented::default() };
            for presented in [in_header, in_body] {
                let asked = token::exchange(provider, &presented, &redemption(&Secret::new("x")));
                assert_eq!(refused(asked), ErrorCode::InvalidClient, "{id:?}");
            }
        }
    });
}

#[test]
fn a_look_alike_of_a_registered_uri_never_matches() {
    let world = World::new();
    populate(&world);
    for uri in [
        "https://badapp.example/cb",
        "https://app.example.evil.example/cb",
        "https://app.example@evil.example/cb",
        "https://app.example:443/cb",
        "https://app.example/cb/",
        "https://app.example/cb/../cb",
        "https://app.example/cb?",
        "https://app.example/cb?x=1",
        "https://app.example/cb#x",
        "https://app.example\\@evil.example/cb",
        "https://app.example/cb\\",
        "https://app.example/cb\t",
        "https://app.example/cb\n",
        " https://app.example/cb",
        "https://app.example/%63b",
        "https://APP.example/cb",
        "HTTPS://app.example/cb",
        "http://app.example/cb",
        "//app.example/cb",
        "https:app.example/cb",
    ] {
        for prompt in ["", "none"] {
            let asked = request("app", &[("redirect_uri", uri), ("prompt", prompt)]);
            let begun = authorize::begin(&world.provider, &asked, &browser());
            assert_eq!(refused(begun), ErrorCode::InvalidRequest, "{uri:?}");
        }
    }
}

fn forged(header: &Value, payload: &str, key: Option<&[u8]>) -> Secret {
    let header = URL_SAFE_NO_PAD.encode(header.to_string());
    let signed = format!("{header}.{payload}");
    let signature = key.map(|key| {
        let key = PKey::hmac(key).unwrap();
        let mut hs256 = Signer::new(MessageDigest::sha256(), &key).unwrap();
        hs256.update(signed.as_bytes()).unwrap();
        hs256.sign_to_vec().unwrap()
    });
    Secret::new(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.unwrap_or_default())))
}

#[test]
fn a_token_keyed_with_a_public_key_or_with_nothing_never_verifies() {
    let world = World::new();
    populate(&world);
    let good = tokens(&world, "openid").access_token;
    let payload = good.split('.').nth(1).unwrap();
    let published: Value =
        serde_json::from_str(world.provider.snapshot().unwrap().keys.jwks()).unwrap();
    let digest = secret_digest(&world.provider.master, &Secret::new(CLIENT_SECRET)).unwrap();
    let mut keys = vec![CLIENT_SECRET.as_bytes().to_vec(), digest.0.to_vec(), vec![0]];
    for jwk in published["keys"].as_array().unwrap() {
        keys.push(jwk.to_string().into_bytes());
        keys.extend(["n", "x"].iter().filter_map(|member| {
            let text = jwk[*member].as_str()?;
            URL_SAFE_NO_PAD.decode(text).ok()
        }));
    }
    for jwk in published["keys"].as_array().unwrap() {
        let header = |alg: &str| json!({"typ": "at+jwt", "kid": jwk["kid"], "alg": alg});
        let mut forgeries: Vec<Secret> = ["none", "None", "HS256", "RS256", ""]
            .iter()
            .map(|alg| forged(&header(alg), payload, None))
            .collect();
        for key in &keys {
            forgeries.push(forged(&header("HS256"), payload, Some(key)));
            forgeries.push(forged(&header(jwk["alg"].as_str().unwrap()), payload, Some(key)));
        }
        for token in forgeries {
            assert_eq!(refused(userinfo(&world.provider, &token)), ErrorCode::InvalidToken);
            let seen = introspect(&world.provider, &basic("app"), &token).unwrap();
            assert_eq!(seen["active"], false);
        }
    }
}

#[test]
fn userinfo_refuses_a_client_that_is_called_like_a_user() {
    World::each(|world| {
        populate(&world);
        let alice = world.provider.store.read(|tx| Ok(tx.find_user_by_login("alice")?)).unwrap();
        let subject = alice.unwrap().subject;
        world.add_client(subject.as_str(), World::web_client());
        let own = TokenRequest::ClientCredentials { scope: None, resources: Vec::new() };
        let token = token::exchange(&world.provider, &basic(subject.as_str()), &own).unwrap();
        let seen = userinfo(&world.provider, &Secret::new(token.access_token));
        assert_eq!(refused(seen), ErrorCode::InsufficientScope);
    });
}
