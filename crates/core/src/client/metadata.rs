//! Client metadata under its RFC 7591 names, and what a valid registration is.

use serde::{Deserialize, Serialize};
use url::Url;

use super::redirect_uri;
use crate::claims::copied;
use crate::keys::algorithm::Algorithm;
use crate::time::Seconds;

/// `token_endpoint_auth_method`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// A public client.
    None,
    /// RFC 6749 section 2.3.1, header.
    ClientSecretBasic,
    /// RFC 6749 section 2.3.1, body.
    ClientSecretPost,
}

/// `grant_types`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    /// RFC 6749 section 4.1.
    AuthorizationCode,
    /// RFC 6749 section 6.
    RefreshToken,
    /// RFC 6749 section 4.4.
    ClientCredentials,
}

impl GrantType {
    /// Every grant type there is.
    pub const ALL: &'static [Self] =
        &[Self::AuthorizationCode, Self::RefreshToken, Self::ClientCredentials];

    /// The value of `grant_type`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::ClientCredentials => "client_credentials",
        }
    }
}

/// Whether a client can keep a secret.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ApplicationType {
    /// Redirects to https (or to loopback while developing).
    #[default]
    Web,
    /// Redirects to loopback, a private-use scheme or claimed https (RFC 8252).
    Native,
}

/// RFC 7591 client metadata, with Keywright's own members below.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "RFC 7591 metadata is a list of switches")]
pub struct ClientMetadata {
    /// What the consent page calls the client.
    #[serde(default)]
    pub client_name: String,
    /// Its home page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_uri: Option<Url>,
    /// Its terms of service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tos_uri: Option<Url>,
    /// Its privacy policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_uri: Option<Url>,
    /// Where codes may be sent; matched exactly (any port on loopback IPs).
    #[serde(default)]
    pub redirect_uris: Vec<String>,
    /// Where a logout may end (OIDC RP-Initiated Logout section 3.1).
    #[serde(default)]
    pub post_logout_redirect_uris: Vec<String>,
    /// What it may present at the token endpoint.
    #[serde(default = "default_grant_types")]
    pub grant_types: Vec<GrantType>,
    /// `web` or `native`.
    #[serde(default)]
    pub application_type: ApplicationType,
    /// How it authenticates. Absent: it has a secret and may use Basic or POST.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_endpoint_auth_method: Option<AuthMethod>,
    /// The scopes it may ask for, separated by spaces. Absent: for a client with a user, any
    /// that exists; for `client_credentials`, none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Algorithm of its ID tokens.
    #[serde(default)]
    pub id_token_signed_response_alg: Algorithm,
    /// Default of `max_age`, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_max_age: Option<Seconds>,
    /// Whether the ID token must have `auth_time` (it always does).
    #[serde(default)]
    pub require_auth_time: bool,
    /// Default of `acr_values`, the best first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub default_acr_values: Vec<String>,

    /// PKCE is required unless a confidential client is registered as too old for it.
    #[serde(default = "yes")]
    pub require_pkce: bool,
    /// Belongs to the operator: its users are not asked for consent (if it is assured).
    #[serde(default)]
    pub first_party: bool,
    /// Refuse unknown scopes with `invalid_scope` in place of dropping them.
    #[serde(default)]
    pub strict_scope: bool,
    /// The resource of a token that names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_resource: Option<String>,
    /// The resources it may get tokens for; absent: every one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resources: Option<Vec<String>>,
    /// Upper bound of its access tokens' lifetime, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_token_lifetime: Option<Seconds>,
    /// Upper bound of its ID tokens' lifetime, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_token_lifetime: Option<Seconds>,
    /// Of the claims about the user that the granted scopes release, those that its ID tokens
    /// carry; absent: all. UserInfo has all in any case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_token_claims: Option<Vec<String>>,
    /// Idle lifetime of its refresh tokens, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token_idle_lifetime: Option<Seconds>,
    /// Absolute lifetime of its grants, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token_lifetime: Option<Seconds>,
}

fn yes() -> bool {
    true
}

fn default_grant_types() -> Vec<GrantType> {
    vec![GrantType::AuthorizationCode]
}

impl Default for ClientMetadata {
    fn default() -> Self {
        Self {
            client_name: String::new(),
            client_uri: None,
            tos_uri: None,
            policy_uri: None,
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            grant_types: default_grant_types(),
            application_type: ApplicationType::default(),
            token_endpoint_auth_method: None,
            scope: None,
            id_token_signed_response_alg: Algorithm::default(),
            default_max_age: None,
            require_auth_time: false,
            default_acr_values: Vec::new(),
            require_pkce: true,
            first_party: false,
            strict_scope: false,
            default_resource: None,
            resources: None,
            access_token_lifetime: None,
            id_token_lifetime: None,
            id_token_claims: None,
            refresh_token_idle_lifetime: None,
            refresh_token_lifetime: None,
        }
    }
}

impl ClientMetadata {
    /// Whether the client has no secret (RFC 6749 section 2.1).
    pub fn is_public(&self) -> bool {
        self.token_endpoint_auth_method == Some(AuthMethod::None)
    }

    /// Whether the client may use this grant type.
    pub fn allows(&self, grant: GrantType) -> bool {
        self.grant_types.contains(&grant)
    }

    /// Whether an answer can only reach the client itself: it is confidential, or every
    /// redirect URI is https (RFC 8252 section 8.6). Only then may consent be skipped.
    pub fn is_assured(&self) -> bool {
        !self.is_public() || self.redirect_uris.iter().all(|uri| uri.starts_with("https://"))
    }

    /// Everything that is wrong with a registration, in sentences that name the member.
    pub fn problems(&self) -> Vec<String> {
        let mut found = Vec::new();
        for uri in &self.redirect_uris {
            if let Err(why) = redirect_uri::check_registration(uri) {
                found.push(format!("redirect_uris: {uri:?} {why}"));
            }
        }
        for uri in &self.post_logout_redirect_uris {
            if let Err(why) = redirect_uri::check_registration(uri) {
                found.push(format!("post_logout_redirect_uris: {uri:?} {why}"));
            }
        }
        if self.allows(GrantType::AuthorizationCode) && self.redirect_uris.is_empty() {
            found.push("redirect_uris: authorization_code needs at least one".into());
        }
        if self.is_public() && self.allows(GrantType::ClientCredentials) {
            found.push("grant_types: client_credentials needs a client with a secret".into());
        }
        if self.is_public() && !self.require_pkce {
            found.push(
                "require_pkce: a public client must use PKCE (RFC 9700 section 2.1.1)".into(),
            );
        }
        if let Some(scope) = &self.scope
            && crate::scope::ScopeSet::parse(scope).is_err()
        {
            found.push("scope: has a character that RFC 6749 section 3.3 forbids".into());
        }
        for acr in &self.default_acr_values {
            if acr.is_empty() || acr.contains(' ') {
                found.push(format!("default_acr_values: {acr:?} is no acr value"));
            }
        }
        if let Some(Err(why)) = self.id_token_claims.as_deref().map(copied::check_names) {
            found.push(format!("id_token_claims: {why}"));
        }
        found
    }
}
