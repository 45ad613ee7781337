//! The JWKS document (RFC 7517 section 5): which keys the world may see, in which order.

use serde_json::{Map, Value};

use crate::error::Error;
use crate::store::{KeyRow, KeyState, StoreError};

/// What of a JWK is published; anything else in a row stays there.
const PUBLIC: &[&str] = &["kty", "kid", "use", "alg", "crv", "x", "y", "n", "e"];

/// The JWKS of announced, active and retired keys: those that sign first, then by algorithm
/// (RS256 first, for clients that take the first key), then by age.
///
/// # Errors
/// [`Error::Store`] for a row whose JWK is no JSON object.
pub fn document(rows: &[KeyRow]) -> Result<String, Error> {
    let mut published: Vec<(u8, &KeyRow)> =
        rows.iter().filter_map(|row| Some((rank(row.state)?, row))).collect();
    published.sort_by_key(|(rank, row)| (*rank, row.algorithm, row.announced_at, &row.kid));
    let keys = published.iter().map(|(_, row)| public(row)).collect::<Result<Vec<_>, _>>()?;
    Ok(serde_json::json!({ "keys": keys }).to_string())
}

fn rank(state: KeyState) -> Option<u8> {
    match state {
        KeyState::Active => Some(0),
        KeyState::Announced => Some(1),
        KeyState::Retired => Some(2),
        KeyState::Removed | KeyState::Revoked => None,
    }
}

fn public(row: &KeyRow) -> Result<Map<String, Value>, StoreError> {
    let mut jwk: Map<String, Value> = serde_json::from_str(&row.public_jwk).map_err(|_| {
        StoreError::Corrupt { table: "signing_keys", column: "public_jwk", id: row.kid.to_string() }
    })?;
    jwk.retain(|name, _| PUBLIC.contains(&name.as_str()));
    Ok(jwk)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Kid;
    use crate::keys::algorithm::Algorithm;
    use crate::time::Timestamp;

    fn row(kid: &str, algorithm: Algorithm, state: KeyState) -> KeyRow {
        KeyRow {
            kid: Kid::new(kid),
            algorithm,
            state,
            public_jwk: format!(r#"{{"kid":"{kid}","kty":"RSA","d":"private"}}"#),
            sealed_private: None,
            announced_at: Timestamp(0),
            activated_at: None,
            retired_at: None,
            removed_at: None,
        }
    }

    #[test]
    fn only_keys_that_sign_will_sign_or_signed_lately_are_published_active_first() {
        let rows = [
            row("retired", Algorithm::RS256, KeyState::Retired),
            row("revoked", Algorithm::RS256, KeyState::Revoked),
            row("next", Algorithm::RS256, KeyState::Announced),
            row("es", Algorithm::ES256, KeyState::Active),
            row("removed", Algorithm::RS256, KeyState::Removed),
            row("rs", Algorithm::RS256, KeyState::Active),
        ];
        let jwks: Value = serde_json::from_str(&document(&rows).unwrap()).unwrap();
        let kids: Vec<_> = jwks["keys"].as_array().unwrap().iter().map(|k| &k["kid"]).collect();
        assert_eq!(kids, ["rs", "es", "next", "retired"]);
    }

    #[test]
    fn a_private_member_that_strayed_into_a_row_is_not_published() {
        let text = document(&[row("a", Algorithm::RS256, KeyState::Active)]).unwrap();
        assert!(!text.contains("private"), "{text}");
    }

    #[test]
    fn a_row_without_a_jwk_is_corrupt() {
        let mut bad = row("a", Algorithm::RS256, KeyState::Active);
        bad.public_jwk = "{".into();
        let error = document(&[bad]).unwrap_err();
        assert!(matches!(error, Error::Store(StoreError::Corrupt { column: "public_jwk", .. })));
    }
}
