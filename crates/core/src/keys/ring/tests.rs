use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;

use super::*;
use crate::keys::generate::generate;
use crate::keys::sign::MAX_TOKEN_BYTES;
use crate::random::OsRandom;
use crate::secret::Secret;
use crate::time::Timestamp;

struct Scene {
    master: MasterKey,
    rows: Vec<KeyRow>,
}

/// One active key of each algorithm, made once: RSA keys are slow.
static SCENE: LazyLock<Scene> = LazyLock::new(|| {
    let master = MasterKey::parse(&Secret::new("A".repeat(43))).unwrap();
    let rows = Algorithm::ALL.iter().map(|&algorithm| active(algorithm, &master)).collect();
    Scene { master, rows }
});

fn active(algorithm: Algorithm, master: &MasterKey) -> KeyRow {
    let pair = generate(algorithm).unwrap();
    KeyRow {
        sealed_private: Some(seal(&pair, &OsRandom, master).unwrap()),
        kid: pair.kid,
        algorithm,
        state: KeyState::Active,
        public_jwk: pair.public_jwk,
        announced_at: Timestamp(0),
        activated_at: Some(Timestamp(0)),
        retired_at: None,
        removed_at: None,
    }
}

static RING: LazyLock<KeyRing> =
    LazyLock::new(|| KeyRing::open(&SCENE.rows, &SCENE.master).unwrap());

fn ring() -> &'static KeyRing {
    &RING
}

fn ring_in(state: KeyState) -> KeyRing {
    let mut rows = SCENE.rows.clone();
    for row in &mut rows {
        row.state = state;
    }
    KeyRing::open(&rows, &SCENE.master).unwrap()
}

fn part(json: &str) -> String {
    URL_SAFE_NO_PAD.encode(json)
}

#[test]
fn every_algorithm_verifies_what_it_signed() {
    let ring = ring();
    for &algorithm in Algorithm::ALL {
        let token = ring.sign(algorithm, "at+jwt", br#"{"iat":1,"sub":"a"}"#).unwrap();
        let claims = ring.verify(&token, "at+jwt", false).unwrap();
        assert_eq!(Value::Object((*claims).clone()).to_string(), r#"{"iat":1,"sub":"a"}"#);
        let header: Value = serde_json::from_slice(
            &URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap(),
        )
        .unwrap();
        assert_eq!(header["alg"], algorithm.as_str());
        assert_eq!(header["typ"], "at+jwt");
        assert_eq!(header["kid"], ring.active_kid(algorithm).unwrap().as_str());
    }
}

#[test]
fn typ_is_compared_without_case_and_without_the_application_prefix() {
    let ring = ring();
    let token = ring.sign(Algorithm::ES256, "at+jwt", b"{}").unwrap();
    assert!(ring.verify(&token, "application/at+jwt", false).is_some());
    assert!(ring.verify(&token, "AT+JWT", false).is_some());
    assert!(ring.verify(&token, "JWT", false).is_none());
    assert!(ring.verify(&token, "", false).is_none());
}

#[test]
fn an_announced_a_retired_and_on_demand_a_removed_key_verify_a_revoked_one_never() {
    let token = ring().sign(Algorithm::ES256, "JWT", b"{}").unwrap();
    for (state, shown, hinted) in [
        (KeyState::Announced, true, true),
        (KeyState::Active, true, true),
        (KeyState::Retired, true, true),
        (KeyState::Removed, false, true),
        (KeyState::Revoked, false, false),
    ] {
        let ring = ring_in(state);
        assert_eq!(ring.verify(&token, "JWT", false).is_some(), shown, "{state:?}");
        assert_eq!(ring.verify(&token, "JWT", true).is_some(), hinted, "{state:?}");
    }
}

#[test]
fn only_an_active_key_signs() {
    for state in [KeyState::Announced, KeyState::Retired, KeyState::Removed, KeyState::Revoked] {
        let ring = ring_in(state);
        assert!(ring.active_kid(Algorithm::RS256).is_none());
        assert!(ring.sign(Algorithm::RS256, "JWT", b"{}").is_err(), "{state:?}");
    }
}

#[test]
fn a_key_of_another_server_is_unknown() {
    let stranger = [active(Algorithm::ES256, &SCENE.master)];
    let other = KeyRing::open(&stranger, &SCENE.master).unwrap();
    let token = other.sign(Algorithm::ES256, "JWT", b"{}").unwrap();
    assert!(ring().verify(&token, "JWT", true).is_none());
    assert_eq!(ring().state(&stranger[0].kid), None);
}

#[test]
fn the_header_must_say_the_algorithm_of_its_key() {
    let ring = ring();
    let rs = ring.active_kid(Algorithm::RS256).unwrap();
    let token = ring.sign(Algorithm::PS256, "JWT", b"{}").unwrap();
    let signature = token.rsplit('.').next().unwrap();
    for alg in ["none", "HS256", "PS256", "rs256", ""] {
        let header = part(&format!(r#"{{"alg":"{alg}","typ":"JWT","kid":"{rs}"}}"#));
        for signature in ["", signature] {
            let forged = format!("{header}.{}.{signature}", part("{}"));
            assert!(ring.verify(&forged, "JWT", true).is_none(), "{alg}");
        }
    }
}

#[test]
fn a_critical_extension_is_not_understood() {
    let ring = ring();
    let kid = ring.active_kid(Algorithm::ES256).unwrap();
    let header = part(&format!(r#"{{"alg":"ES256","typ":"JWT","kid":"{kid}","crit":[]}}"#));
    assert!(Compact::parse(&format!("{header}.{}.", part("{}"))).is_none());
}

#[test]
fn a_token_beyond_the_limit_is_not_looked_at() {
    let ring = ring();
    let fill = MAX_TOKEN_BYTES / 4 * 3;
    let claims = format!(r#"{{"a":"{}"}}"#, "x".repeat(fill));
    let token = ring.sign(Algorithm::EdDSA, "JWT", claims.as_bytes()).unwrap();
    assert!(token.len() > MAX_TOKEN_BYTES);
    assert!(ring.verify(&token, "JWT", false).is_none());
}

#[test]
fn claims_that_are_no_object_do_not_verify() {
    let ring = ring();
    let token = ring.sign(Algorithm::EdDSA, "JWT", b"[1]").unwrap();
    assert!(ring.verify(&token, "JWT", false).is_none());
}

#[test]
fn a_private_key_copied_into_another_row_does_not_open() {
    let mut rows = SCENE.rows.clone();
    let (one, two) = (rows[0].sealed_private.clone(), rows[1].sealed_private.clone());
    (rows[0].sealed_private, rows[1].sealed_private) = (two, one);
    assert!(matches!(KeyRing::open(&rows, &SCENE.master), Err(Error::Internal(_))));
}

#[test]
fn an_active_key_without_its_private_half_is_corrupt() {
    let mut row = SCENE.rows[2].clone();
    row.sealed_private = None;
    let error = KeyRing::open(&[row], &SCENE.master).unwrap_err();
    assert!(matches!(error, Error::Store(StoreError::Corrupt { column: "sealed_private", .. })));
}

#[test]
fn debug_of_a_ring_shows_no_private_bytes() {
    let text = format!("{:?}", ring());
    for row in &SCENE.rows {
        assert!(text.contains(row.kid.as_str()), "{text}");
        let sealed = row.sealed_private.as_deref().unwrap();
        let private = SCENE.master.open(&context(row.algorithm, &row.kid), sealed).unwrap();
        let last = &private[private.len() - 16..];
        let listed = format!("{last:?}");
        assert!(!text.contains(listed.trim_matches(['[', ']'])), "{text}");
        assert!(!text.contains(&URL_SAFE_NO_PAD.encode(last)), "{text}");
    }
}

proptest! {
    #[test]
    fn arbitrary_text_never_verifies(text in "\\PC{0,40}|[A-Za-z0-9_.=-]{0,80}") {
        prop_assert!(ring().verify(&text, "JWT", true).is_none());
    }

    #[test]
    fn a_token_changed_in_one_character_never_verifies(
        algorithm in prop::sample::select(Algorithm::ALL),
        at: prop::sample::Index,
        with in "[A-Za-z0-9_.=-]",
    ) {
        let ring = ring();
        let token = ring.sign(algorithm, "JWT", br#"{"sub":"a"}"#).unwrap();
        let at = at.index(token.len());
        prop_assume!(&token[at..=at] != with.as_str());
        let forged = format!("{}{with}{}", &token[..at], &token[at + 1..]);
        prop_assert!(ring.verify(&forged, "JWT", true).is_none());
    }

    #[test]
    fn a_token_cut_short_never_verifies(
        algorithm in prop::sample::select(Algorithm::ALL),
        at: prop::sample::Index,
    ) {
        let ring = ring();
        let token = ring.sign(algorithm, "JWT", br#"{"sub":"a"}"#).unwrap();
        prop_assert!(ring.verify(&token[..at.index(token.len())], "JWT", true).is_none());
    }
}

#[test]
fn a_token_that_was_seen_before_is_judged_as_if_it_was_not() {
    let ring = ring();
    let token = ring.sign(Algorithm::ES256, "at+jwt", b"{}").unwrap();
    for _ in 0..2 {
        assert!(ring.verify(&token, "at+jwt", false).is_some());
        assert!(ring.verify(&token, "JWT", false).is_none());
        let (signed, _) = token.rsplit_once('.').unwrap();
        assert!(ring.verify(&format!("{signed}.{}", "A".repeat(86)), "at+jwt", false).is_none());
        assert!(ring_in(KeyState::Revoked).verify(&token, "at+jwt", false).is_none());
    }
}
