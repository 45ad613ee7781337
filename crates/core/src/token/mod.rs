//! The token endpoint (RFC 6749 section 3.2): shared phases, then a match.

use serde::Serialize;

use crate::client::authenticate::Presented;
use crate::error::{Error, ErrorCode};
use crate::provider::Provider;
use crate::secret::Secret;

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

/// A successful answer (RFC 6749 section 5.1), serialised as it is.
#[derive(Debug, Serialize)]
pub struct TokenResponse {
    /// The access token.
    pub access_token: String,
    /// Always `Bearer`.
    pub token_type: &'static str,
    /// Seconds.
    pub expires_in: i64,
    /// The scope of the access token.
    pub scope: String,
    /// The refresh token, when there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// The ID token, when `openid` was granted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
}

/// Answers a token request.
pub fn exchange(_provider: &Provider, _presented: &Presented, _request: &TokenRequest) -> Result<TokenResponse, Error> {
    Err(Error::refused(ErrorCode::ServerError, "stub"))
}
