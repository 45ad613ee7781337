//! ID tokens (OIDC Core section 2).

use serde_json::{Map, Value, json};

use super::hashes;
use crate::claims;
use crate::error::Error;
use crate::provider::{Provider, Snapshot};
use crate::store::{ClientRow, GrantRow, UserRow};
use crate::time::Timestamp;

/// The `typ` of our ID tokens.
pub const TYP: &str = "JWT";

/// Signs an ID token for `client`. `aud` is one string, `azp` always there, no `nbf`
/// (INTEROP rule 3). `nonce` belongs to the first one alone (OIDC Core section 12.2).
///
/// # Errors
/// [`Error::Internal`] when the client's algorithm has no active key.
pub fn mint(
    (provider, snapshot): (&Provider, &Snapshot),
    client: &ClientRow,
    (grant, user): (&GrantRow, &UserRow),
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
    token.insert("exp".into(), now.plus(provider.settings.id_token_lifetime).0.into());
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
    token.extend(claims::for_scopes(user, &grant.scopes));
    snapshot.keys.sign(algorithm, TYP, Value::Object(token).to_string().as_bytes())
}
