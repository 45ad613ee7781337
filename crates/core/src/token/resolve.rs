//! From the text of an access token to its claims: genuine or not. Whether it still counts is
//! [`super::liveness`].

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::error::Error;
use crate::mint::{access_token, opaque};
use crate::provider::{Provider, Snapshot};
use crate::secret::Secret;
use crate::store::{StoreError, StoreExt as _};

/// The claims of a genuine access token, JWT or opaque; `None` for anything else. Asks the database
/// for an opaque one alone.
///
/// # Errors
/// [`Error::Store`] when the database fails.
pub fn claims(
    (provider, snapshot): (&Provider, &Snapshot),
    token: &Secret,
) -> Result<Option<Arc<Map<String, Value>>>, Error> {
    let text = token.expose();
    if text.contains('.') {
        let verified = snapshot.keys.verify(text, access_token::TYP, false);
        let ours = |claims: &Arc<Map<String, Value>>| {
            claims.get("iss").and_then(Value::as_str) == Some(provider.settings.issuer.as_str())
        };
        return Ok(verified.filter(ours));
    }
    let find = |digest| provider.store.glance(|tx| Ok(tx.find_access_token(&digest)?));
    let row = match find(opaque::reference(token))? {
        // A version before ADR 13 stored it by its SHA-256.
        None => find(token.digest())?,
        found => found,
    };
    let Some(row) = row else { return Ok(None) };
    let claims = serde_json::from_str(&row.claims).map_err(|_| {
        let (table, column, id) = ("access_tokens", "claims", row.client_id.to_string());
        StoreError::Corrupt { table, column, id }
    })?;
    Ok(Some(Arc::new(claims)))
}

/// Whether `claims` name this audience.
pub fn has_audience(claims: &Map<String, Value>, audience: &str) -> bool {
    match claims.get("aud") {
        Some(Value::String(one)) => one == audience,
        Some(Value::Array(many)) => many.iter().any(|one| one == audience),
        _ => false,
    }
}
