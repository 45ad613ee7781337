//! What every grant ends in: a token response, decided in the transaction and signed after it.

use std::sync::Arc;

use super::TokenResponse;
use crate::error::{Error, ErrorCode, Refusal};
use crate::mint::{access_token, audience, id_token};
use crate::provider::{Provider, Snapshot};
use crate::scope::ScopeSet;
use crate::secret::Secret;
use crate::store::{ClientRow, GrantRow, UserRow};
use crate::time::Timestamp;

/// A token response that is decided and recorded, but not yet signed.
#[derive(Debug)]
pub struct Issue {
    /// For whom.
    pub client: Arc<ClientRow>,
    /// Under which grant, of which user.
    pub grant: Option<(GrantRow, UserRow)>,
    /// The access token.
    pub access_token: access_token::Draft,
    /// Its scopes.
    pub scopes: ScopeSet,
    /// The refresh token.
    pub refresh_token: Option<Secret>,
    /// `nonce` of the authorization request.
    pub nonce: Option<String>,
}

impl Issue {
    /// Signs. Never under the write lock.
    ///
    /// # Errors
    /// [`Error::Internal`] when an algorithm has no active key.
    pub fn finish(
        self,
        provider: &Provider,
        snapshot: &Snapshot,
        now: Timestamp,
    ) -> Result<TokenResponse, Error> {
        let expires_in = self.access_token.lifetime.0;
        let access_token = self.access_token.finish(snapshot)?;
        let mut id_token = None;
        if let Some((grant, user)) = &self.grant {
            let scopes = registered(&self.client, &grant.scopes)?;
            if scopes.contains("openid") {
                let bound = (access_token.as_str(), self.nonce.as_deref());
                let of = (grant, user, &scopes);
                let token = id_token::mint((provider, snapshot), &self.client, of, bound, now)?;
                id_token = Some(token);
            }
        }
        Ok(TokenResponse {
            access_token,
            token_type: "Bearer",
            expires_in,
            scope: self.scopes.to_string(),
            refresh_token: self.refresh_token.map(|token| token.expose().to_owned()),
            id_token,
        })
    }
}

/// Narrows the granted scopes to the requested ones.
///
/// # Errors
/// `invalid_scope` for one that was not granted (RFC 6749 section 6).
pub fn narrow(granted: &ScopeSet, requested: Option<&str>) -> Result<ScopeSet, Error> {
    let Some(requested) = requested else { return Ok(granted.clone()) };
    let requested = ScopeSet::parse(requested)?;
    if requested.is_subset(granted) {
        return Ok(requested);
    }
    let missing = requested.filter(|scope| !granted.contains(scope));
    let text = "The requested scope exceeds the scope that was granted";
    Err(Refusal::new(ErrorCode::InvalidScope, text)
        .detail(format!("not granted: {missing}"))
        .into())
}

/// Of the granted scopes those that the client is still registered for.
///
/// # Errors
/// `invalid_scope` when the registration itself is malformed.
pub fn registered(client: &ClientRow, granted: &ScopeSet) -> Result<ScopeSet, Error> {
    let Some(scope) = client.metadata.scope.as_deref() else { return Ok(granted.clone()) };
    let registered = ScopeSet::parse(scope)?;
    Ok(granted.filter(|scope| registered.contains(scope)))
}

/// The target of an access token under a grant.
///
/// # Errors
/// `invalid_target`, as [`audience::choose`].
pub fn target(
    snapshot: &Snapshot,
    (client, grant): (&ClientRow, &GrantRow),
    scopes: &ScopeSet,
    names: &[String],
) -> Result<audience::Target, Error> {
    let granted: Vec<String> = grant.resources.keys().cloned().collect();
    audience::choose(snapshot, &client.metadata, scopes, Some(&granted), names)
}
