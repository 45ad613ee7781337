//! Client credentials (RFC 6749 section 4.4): a client that acts for itself.

use super::check_grant_type;
use super::issue::Issue;
use crate::client::authenticate::{Presented, authenticate};
use crate::client::metadata::GrantType;
use crate::error::{Error, ErrorCode};
use crate::mint::{access_token, audience};
use crate::provider::{Provider, Snapshot};
use crate::scope::ScopeSet;
use crate::store::{ClientRow, StoreExt as _};
use crate::time::Timestamp;

/// Issues an access token whose subject is the client. There is no user, so no identity scope,
/// no refresh token and no ID token.
///
/// # Errors
/// `invalid_client`, `unauthorized_client` (also for a public client), `invalid_scope`,
/// `invalid_target`.
pub fn issue(
    (provider, snapshot): (&Provider, &Snapshot),
    presented: &Presented,
    (scope, resources): (Option<&str>, &[String]),
    now: Timestamp,
) -> Result<Issue, Error> {
    provider.store.write(|tx| {
        let client = authenticate(provider, tx, presented, now)?;
        check_grant_type(&client, GrantType::ClientCredentials)?;
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
        access_token.record(tx, &client.id, None, now)?;
        let scopes = order.scopes;
        Ok(Issue { client, grant: None, access_token, scopes, refresh_token: None, nonce: None })
    })
}

/// The requested scopes, each of which must be registered; without a request, all of them.
fn scopes(client: &ClientRow, requested: Option<&str>) -> Result<ScopeSet, Error> {
    let registered = ScopeSet::parse(client.metadata.scope.as_deref().unwrap_or_default())?;
    let registered = registered.filter(|scope| !crate::scope::STANDARD.contains(&scope));
    super::issue::narrow(&registered, requested)
        .map_err(|_| Error::refused(ErrorCode::InvalidScope, "The client may not have this scope"))
}
