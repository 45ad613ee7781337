//! The token endpoint (RFC 6749 section 3.2): shared phases, then a match.

pub mod authorization_code;
pub mod client_credentials;
pub mod issue;
pub mod liveness;
pub mod pkce;
pub mod refresh_token;
pub mod resolve;

use std::sync::Arc;

use serde::Serialize;

use crate::client::authenticate::{Presented, authenticate};
use crate::client::metadata::GrantType;
use crate::error::{Error, ErrorCode};
use crate::provider::{Provider, Snapshot};
use crate::secret::Secret;
use crate::store::ClientRow;
use crate::time::Timestamp;

/// A parsed token request. Empty parameters count as absent.
#[derive(Debug)]
pub enum TokenRequest {
    /// RFC 6749 section 4.1.3.
    AuthorizationCode {
        /// `code`.
        code: Secret,
        /// `redirect_uri`.
        redirect_uri: Option<String>,
        /// `code_verifier` (RFC 7636).
        code_verifier: Option<Secret>,
        /// `resource` (RFC 8707), any number.
        resources: Vec<String>,
    },
    /// RFC 6749 section 6.
    RefreshToken {
        /// `refresh_token`.
        refresh_token: Secret,
        /// `scope`.
        scope: Option<String>,
        /// `resource`.
        resources: Vec<String>,
    },
    /// RFC 6749 section 4.4.
    ClientCredentials {
        /// `scope`.
        scope: Option<String>,
        /// `resource`.
        resources: Vec<String>,
    },
}

impl TokenRequest {
    fn grant_type(&self) -> GrantType {
        match self {
            Self::AuthorizationCode { .. } => GrantType::AuthorizationCode,
            Self::RefreshToken { .. } => GrantType::RefreshToken,
            Self::ClientCredentials { .. } => GrantType::ClientCredentials,
        }
    }
}

/// A successful answer (RFC 6749 section 5.1), serialised as it is.
#[derive(Serialize)]
pub struct TokenResponse {
    /// The access token.
    pub access_token: String,
    /// Always `Bearer`.
    pub token_type: &'static str,
    /// Seconds.
    pub expires_in: i64,
    /// The scope of the access token.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub scope: String,
    /// The refresh token, when there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// The ID token, when `openid` was granted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
}

impl std::fmt::Debug for TokenResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenResponse").field("scope", &self.scope).finish_non_exhaustive()
    }
}

/// Answers a token request.
///
/// # Errors
/// The codes of RFC 6749 section 5.2 and `invalid_target` (RFC 8707).
pub fn exchange(
    provider: &Provider,
    presented: &Presented,
    request: &TokenRequest,
) -> Result<TokenResponse, Error> {
    let now = provider.now();
    let snapshot = provider.snapshot()?;
    let client = authenticate(provider, presented, now)?;
    let caller = Arc::clone(&client);
    grant((provider, &snapshot), client, request, now).map_err(|error| error.for_client(&caller.id))
}

fn grant(
    (provider, snapshot): (&Provider, &Snapshot),
    client: Arc<ClientRow>,
    request: &TokenRequest,
    now: Timestamp,
) -> Result<TokenResponse, Error> {
    check_grant_type(&client, request.grant_type())?;
    let issue = match request {
        TokenRequest::AuthorizationCode { code, redirect_uri, code_verifier, resources } => {
            let shown = authorization_code::Shown {
                code,
                redirect_uri: redirect_uri.as_deref(),
                code_verifier: code_verifier.as_ref(),
                resources,
            };
            authorization_code::redeem((provider, snapshot), client, &shown, now)
        }
        TokenRequest::RefreshToken { refresh_token, scope, resources } => {
            let shown =
                refresh_token::Shown { token: refresh_token, scope: scope.as_deref(), resources };
            refresh_token::rotate((provider, snapshot), client, &shown, now)
        }
        TokenRequest::ClientCredentials { scope, resources } => {
            let wanted = (scope.as_deref(), resources.as_slice());
            client_credentials::issue((provider, snapshot), client, wanted, now)
        }
    }?;
    issue.finish(provider, snapshot, now)
}

fn check_grant_type(client: &ClientRow, grant: GrantType) -> Result<(), Error> {
    if client.metadata.allows(grant) {
        return Ok(());
    }
    let text = format!("This client is not registered for the grant type {}", grant.as_str());
    Err(Error::refused(ErrorCode::UnauthorizedClient, text))
}

fn invalid_grant(description: &'static str, detail: impl Into<String>) -> Error {
    crate::error::Refusal::new(ErrorCode::InvalidGrant, description).detail(detail).into()
}
