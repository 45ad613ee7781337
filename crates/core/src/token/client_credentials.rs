//! Client credentials (RFC 6749 section 4.4): a client that acts for itself.

use std::sync::Arc;

use super::issue::Issue;
use crate::error::{Error, ErrorCode, Refusal};
use crate::mint::{access_token, audience};
use crate::provider::{Provider, Snapshot};
use crate::scope::ScopeSet;
use crate::store::{ClientRow, StoreExt as _};
use crate::time::Timestamp;

/// Issues an access token whose subject is the client. There is no user, so no identity scope,
/// no refresh token and no ID token. Only an opaque token is written.
///
/// # Errors
/// `unauthorized_client` for a public client, `invalid_scope`, `invalid_target`, `invalid_client`
/// for one that was removed just now.
pub fn issue(
    (provider, snapshot): (&Provider, &Snapshot),
    client: Arc<ClientRow>,
    (scope, resources): (Option<&str>, &[String]),
    now: Timestamp,
) -> Result<Issue, Error> {
    if client.metadata.is_public() {
        let text = "A public client cannot use client_credentials";
        return Err(Error::refused(ErrorCode::UnauthorizedClient, text));
    }
    let granted = scopes(&client, scope)?;
    let target = audience::choose(snapshot, &client.metadata, &granted, None, resources)?;
    let scopes = match &target {
        audience::Target::Resource(resource) => resource.known(&granted),
        audience::Target::Issuer => granted,
    };
    if scopes.is_empty() && scope.is_some() {
        let text = "The resource knows none of the requested scopes";
        return Err(Error::refused(ErrorCode::InvalidScope, text));
    }
    let order = access_token::Order { client: &client, grant: None, target, scopes };
    let access_token = access_token::draft(provider, &order, now)?;
    let scopes = order.scopes;
    if access_token.is_opaque() {
        provider.store.write(|tx| {
            // The client may be known from memory; a row needs it in the database.
            if tx.find_client(&client.id)?.is_none() {
                return Err(Error::refused(ErrorCode::InvalidClient, "The client was removed"));
            }
            access_token.record(tx, &client.id, None, now)
        })?;
    }
    Ok(Issue { client, grant: None, access_token, scopes, refresh_token: None, nonce: None })
}

/// The requested scopes, each of which must be registered; without a request, all of them.
fn scopes(client: &ClientRow, requested: Option<&str>) -> Result<ScopeSet, Error> {
    let registered = ScopeSet::parse(client.metadata.scope.as_deref().unwrap_or_default())?;
    let registered = registered.filter(|scope| !crate::scope::STANDARD.contains(&scope));
    super::issue::narrow(&registered, requested).map_err(|error| match error {
        Error::Refused(refusal) => {
            let text = "The client may not have this scope";
            Refusal { description: text.into(), ..refusal }.into()
        }
        other => other,
    })
}
