//! ID tokens (OIDC Core section 2).

use serde_json::{Map, Value, json};

use super::hashes;
use crate::claims;
use crate::error::Error;
use crate::provider::{Provider, Snapshot};
use crate::scope::ScopeSet;
use crate::store::{ClientRow, GrantRow, UserRow};
use crate::time::{Seconds, Timestamp};

/// The `typ` of our ID tokens.
pub const TYP: &str = "JWT";

/// Signs an ID token for `client`. `aud` is one string and `azp` always there, as stock clients
/// compare them; no `nbf`, since some give it no leeway. `nonce` belongs to the first one alone
/// (OIDC Core section 12.2). `scopes` are those of the grant that the client may still have.
///
/// # Errors
/// [`Error::Internal`] when the client's algorithm has no active key.
pub fn mint(
    (provider, snapshot): (&Provider, &Snapshot),
    client: &ClientRow,
    (grant, user, scopes): (&GrantRow, &UserRow, &ScopeSet),
    (access_token, nonce): (&str, Option<&str>),
    now: Timestamp,
) -> Result<String, Error> {
    let algorithm = client.metadata.id_token_signed_response_alg;
    let mut token = Map::new();
    token.insert("iss".into(), provider.settings.issuer.clone().into());
    token.insert("sub".into(), grant.subject.as_str().into());
    token.insert("aud".into(), client.id.as_str().into());
    token.insert("azp".into(), client.id.as_str().into());
    token.insert("iat".into(), now.0.into());
    token.insert("exp".into(), now.plus(lifetime(provider, client)).0.into());
    token.insert("auth_time".into(), grant.auth_time.0.into());
    token.insert("amr".into(), json!(grant.amr));
    if let Some(acr) = &grant.acr {
        token.insert("acr".into(), acr.clone().into());
    }
    if let Some(sid) = &grant.sid {
        token.insert("sid".into(), sid.as_str().into());
    }
    if let Some(nonce) = nonce {
        token.insert("nonce".into(), nonce.into());
    }
    token.insert("at_hash".into(), hashes::left_half(algorithm, access_token).into());
    token.extend(of_user(client, (grant, user), scopes));
    snapshot.keys.sign(algorithm, TYP, Value::Object(token).to_string().as_bytes())
}

/// Of server and client the smaller.
fn lifetime(provider: &Provider, client: &ClientRow) -> Seconds {
    let limit = provider.settings.id_token_lifetime;
    client.metadata.id_token_lifetime.map_or(limit, |own| own.min(limit))
}

/// What the scopes release, if `id_token_claims` does not say otherwise, and what the `claims`
/// parameter asked for.
fn of_user(
    client: &ClientRow,
    (grant, user): (&GrantRow, &UserRow),
    scopes: &ScopeSet,
) -> Map<String, Value> {
    let mut released = claims::for_scopes(user, scopes);
    if let Some(names) = &client.metadata.id_token_claims {
        released.retain(|name, _| names.contains(name));
    }
    released.extend(claims::requested(user, &client.metadata, &grant.claims.id_token));
    released
}
