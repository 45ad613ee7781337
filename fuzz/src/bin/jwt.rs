//! Tokens from elsewhere: access tokens at UserInfo, introspection and revocation, ID tokens as
//! hints.
//!
//! An input is a token, with words for those of ours; or it has three lines, header and claims in
//! the clear and how it is signed: with nothing, with a secret that is no secret (the text of our
//! key set), or, by `ours`, with our key and a header of ours.

#![no_main]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use josekit::jws::{HS256, JwsSigner as _};
use keywright_core::authorize;
use keywright_core::introspect::introspect;
use keywright_core::keys::algorithm::Algorithm;
use keywright_core::provider::Snapshot;
use keywright_core::revoke::revoke;
use keywright_core::secret::Secret;
use keywright_core::session::logout;
use keywright_core::token::liveness;
use keywright_core::userinfo::userinfo;
use keywright_fuzz::refusal::answered;
use keywright_fuzz::stage::{Stage, basic, stage};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let stage = stage();
    let snapshot = stage.provider.snapshot().expect("keys");
    let Ok(text) = String::from_utf8(stage.expand(input)) else { return };
    let lines: Vec<&str> = text.splitn(3, '\n').collect();
    match lines[..] {
        [header, claims, "ours"] => {
            let typ = if header == "JWT" { "JWT" } else { "at+jwt" };
            for algorithm in Algorithm::ALL {
                let token = snapshot.keys.sign(*algorithm, typ, claims.as_bytes());
                present(stage, &token.expect("a signature"));
            }
        }
        [header, claims, how] => {
            let token = forge(&snapshot, header, claims, how);
            assert!(is_forged(&snapshot, &token), "{token}");
            present(stage, &token);
        }
        _ => {
            if !is_forged(&snapshot, &text) {
                let signed =
                    |token: &str| token.rsplit_once('.').map(|(signed, _)| signed.to_owned());
                let ours = stage.handed_out().any(|token| signed(token) == signed(&text));
                assert!(ours, "nobody signed {text}");
            }
            present(stage, &text);
        }
    }
});

fn is_forged(snapshot: &Snapshot, token: &str) -> bool {
    ["at+jwt", "JWT"].iter().all(|typ| snapshot.keys.verify(token, typ, true).is_none())
}

fn forge(snapshot: &Snapshot, header: &str, claims: &str, how: &str) -> String {
    let signed = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".");
    let signature = match how {
        "keyed" => HS256
            .signer_from_bytes(snapshot.keys.jwks())
            .and_then(|signer| signer.sign(signed.as_bytes()))
            .expect("an HMAC"),
        other => other.as_bytes().to_vec(),
    };
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// Shows a token to whoever reads one. What we signed may say anything and is answered too.
fn present(stage: &Stage, token: &str) {
    let secret = Secret::new(token);
    let genuine = stage.handed_out().any(|known| known == token);
    let claims = answered(userinfo(&stage.provider, &secret));
    let active = answered(introspect(&stage.provider, &basic("app"), &secret))
        .expect("introspection answers")["active"]
        == true;
    answered(revoke(&stage.provider, &basic("app"), &secret)).ok();
    let snapshot = stage.provider.snapshot().expect("keys");
    if let Some(claims) = snapshot.keys.verify(token, "at+jwt", false) {
        let live = liveness::of_token(&stage.provider, &claims, stage.provider.now());
        drop(live.expect("the database answers"));
    } else {
        assert!(genuine || (claims.is_err() && !active), "{token} is believed");
    }
    let hint = [("client_id", "app"), ("response_type", "code"), ("id_token_hint", token)];
    let hint = hint.map(|(name, value)| (name.to_owned(), value.to_owned()));
    for browser in [&stage.stranger, &stage.alice] {
        answered(authorize::begin(&stage.provider, &hint, browser)).ok();
        answered(logout::begin(&stage.provider, &hint[2..], browser)).ok();
    }
}
