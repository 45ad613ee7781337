//! Token introspection (RFC 7662).
//!
//! A client sees its own tokens; a client listed in a resource's `servers` sees access tokens
//! for that resource. Everything else is exactly `{"active":false}`.

use serde_json::{Map, Value, json};

use crate::client::authenticate::{Presented, authenticate};
use crate::error::{Error, ErrorCode};
use crate::provider::{Provider, Snapshot};
use crate::secret::Secret;
use crate::store::{ClientRow, StoreExt as _, Tx};
use crate::time::Timestamp;
use crate::token::{liveness, refresh_token, resolve};

/// Answers an introspection request.
///
/// # Errors
/// `invalid_client` for an unknown or public caller.
pub fn introspect(
    provider: &Provider,
    presented: &Presented,
    token: &Secret,
) -> Result<Map<String, Value>, Error> {
    let now = provider.now();
    let snapshot = provider.snapshot()?;
    let caller = authenticate(provider, presented, now)?;
    if caller.metadata.is_public() {
        let text = "Introspection needs a client that authenticates";
        return Err(Error::refused(ErrorCode::InvalidClient, text).for_client(&caller.id));
    }
    let found = match refresh_token::Parts::parse(token) {
        Some(parts) => {
            provider.store.glance(|tx| of_refresh_token(provider, tx, &parts, (&caller, now)))?
        }
        None => of_access_token((provider, &snapshot), token, (&caller, now))?,
    };
    Ok(found.unwrap_or_else(|| [("active".to_owned(), Value::Bool(false))].into_iter().collect()))
}

fn of_access_token(
    (provider, snapshot): (&Provider, &Snapshot),
    token: &Secret,
    (caller, now): (&ClientRow, Timestamp),
) -> Result<Option<Map<String, Value>>, Error> {
    let Some(claims) = resolve::claims((provider, snapshot), token)? else { return Ok(None) };
    let own = claims.get("client_id").and_then(Value::as_str) == Some(caller.id.as_str());
    let served = snapshot.resources.iter().any(|resource| {
        resource.servers.contains(&caller.id)
            && resolve::has_audience(&claims, &resource.identifier)
    });
    if !own && !served {
        return Ok(None);
    }
    let Ok(live) = liveness::of_token(provider, &claims, now)? else { return Ok(None) };
    let mut answer = Map::new();
    answer.insert("active".into(), true.into());
    answer.insert("token_type".into(), "Bearer".into());
    if let Some((_, user)) = live.grant {
        answer.insert("username".into(), user.login.into());
    }
    let claims = claims.iter().filter(|(name, _)| *name != "token_type");
    answer.extend(claims.map(|(name, value)| (name.clone(), value.clone())));
    Ok(Some(answer))
}

fn of_refresh_token(
    provider: &Provider,
    tx: &mut dyn Tx,
    parts: &refresh_token::Parts,
    (caller, now): (&ClientRow, Timestamp),
) -> Result<Option<Map<String, Value>>, Error> {
    let current = tx.find_refresh(&parts.grant)?.filter(|(row, standing)| {
        standing.grant.client_id == caller.id
            && row.family.matches(&parts.family.digest())
            && row.token.matches(&parts.secret.digest())
            && now < row.idle_expires_at
    });
    let Some((row, standing)) = current else { return Ok(None) };
    let live = liveness::of_client(caller, standing.grant.created_at)
        .and_then(|()| liveness::of_grant(standing, now));
    let Ok((grant, user)) = live else { return Ok(None) };
    let mut answer = json!({
        "active": true,
        "iss": provider.settings.issuer,
        "sub": grant.subject,
        "client_id": grant.client_id,
        "username": user.login,
        "exp": row.idle_expires_at,
    });
    if !grant.scopes.is_empty() {
        answer["scope"] = grant.scopes.to_string().into();
    }
    Ok(answer.as_object().cloned())
}
