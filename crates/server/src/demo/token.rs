//! A JWT taken apart and verified, as any resource server would do it: by the JWKS alone.

use keywright_core::keys::algorithm::Algorithm;
use keywright_core::keys::sign::{Compact, Verifier};
use serde_json::{Map, Value};

/// One thing that was verified.
#[derive(Debug, Clone)]
pub(super) struct Check {
    /// What.
    pub(super) name: &'static str,
    /// That it holds, with the value it holds for.
    pub(super) finding: String,
}

impl Check {
    pub(super) fn new(name: &'static str, finding: impl Into<String>) -> Self {
        Self { name, finding: finding.into() }
    }
}

/// A token that holds.
#[derive(Debug, Clone)]
pub(super) struct Verified {
    /// As it travels.
    pub(super) compact: String,
    /// The decoded header, as JSON.
    pub(super) header: String,
    /// The claims.
    pub(super) claims: Map<String, Value>,
    /// What was verified.
    pub(super) checks: Vec<Check>,
}

/// What an access token must say.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected<'e> {
    /// `iss`.
    pub(super) issuer: &'e str,
    /// One of `aud`.
    pub(super) audience: &'e str,
    /// Seconds since 1970.
    pub(super) now: i64,
}

/// Verifies an RFC 9068 access token (section 4): `typ`, signature, `iss`, `aud`, `exp`.
///
/// # Errors
/// A sentence about the first thing that does not hold.
pub(super) fn verify(
    token: &str,
    jwks: &Value,
    expected: Expected<'_>,
) -> Result<Verified, String> {
    let compact = Compact::parse(token).ok_or("it is no JWT")?;
    if !compact.is_typ("at+jwt") {
        return Err("its typ is not at+jwt, so it is no access token".into());
    }
    let kid = compact.kid().ok_or("its header names no key")?;
    let key = key(jwks, kid).ok_or("the key that it names is not in the JWKS")?;
    let unusable = "the key that it names is of no use";
    let algorithm = key["alg"].as_str().and_then(|alg| alg.parse::<Algorithm>().ok());
    let algorithm = algorithm.ok_or(unusable)?;
    let verifier = Verifier::new(algorithm, &key.to_string()).map_err(|_| unusable)?;
    let claims = verifier.verify(&compact).ok_or("its signature does not fit")?;
    let issuer = claims.get("iss").and_then(Value::as_str);
    if issuer != Some(expected.issuer) {
        return Err(format!("its iss is not {}", expected.issuer));
    }
    if !names(claims.get("aud"), expected.audience) {
        return Err(format!("its aud does not name {}", expected.audience));
    }
    let left = claims.get("exp").and_then(Value::as_i64).unwrap_or_default() - expected.now;
    if left <= 0 {
        return Err("it has expired".into());
    }
    let checks = vec![
        Check::new("Signature", format!("{algorithm} holds, with the key {kid} of the JWKS")),
        Check::new("typ", "at+jwt: an access token, nothing else signed by the same key"),
        Check::new("iss", format!("is {}", expected.issuer)),
        Check::new("aud", format!("names {}", expected.audience)),
        Check::new("exp", format!("in {left} s")),
    ];
    Ok(Verified { compact: token.to_owned(), header: part(token, 0), claims, checks })
}

/// Whether the key that signed `token` by its own account is in `jwks`.
pub(super) fn is_known(token: &str, jwks: &Value) -> bool {
    let token = Compact::parse(token);
    token.and_then(|token| key(jwks, token.kid()?).map(drop)).is_some()
}

fn key<'k>(jwks: &'k Value, kid: &str) -> Option<&'k Value> {
    jwks["keys"].as_array()?.iter().find(|key| key["kid"] == kid)
}

fn names(aud: Option<&Value>, audience: &str) -> bool {
    match aud {
        Some(Value::Array(all)) => all.iter().any(|one| one == audience),
        one => one.is_some_and(|one| one == audience),
    }
}

/// The header (0) or the payload (1) of a compact JWS as text; empty if it is none.
pub(super) fn part(token: &str, index: usize) -> String {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let encoded = token.split('.').nth(index).unwrap_or_default();
    let decoded = URL_SAFE_NO_PAD.decode(encoded).unwrap_or_default();
    String::from_utf8(decoded).unwrap_or_default()
}
