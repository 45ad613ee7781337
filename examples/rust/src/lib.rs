//! What the site and the API share: finding Keywright from its issuer alone.

use std::time::Duration;

use openidconnect::core::{
    CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreGrantType,
    CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm,
    CoreResponseMode, CoreResponseType, CoreSubjectIdentifierType,
};
use openidconnect::{
    AdditionalProviderMetadata, EndSessionUrl, HttpRequest, HttpResponse, IntrospectionUrl,
    IssuerUrl, ProviderMetadata, RevocationUrl,
};
use serde::{Deserialize, Serialize};

/// Anything that went wrong.
pub type AnyError = Box<dyn std::error::Error>;

/// The endpoints that discovery tells and openidconnect does not read by itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Endpoints {
    /// RFC 7662.
    pub introspection_endpoint: IntrospectionUrl,
    /// RFC 7009.
    pub revocation_endpoint: RevocationUrl,
    /// OpenID Connect RP-Initiated Logout.
    pub end_session_endpoint: EndSessionUrl,
}

impl AdditionalProviderMetadata for Endpoints {}

/// The discovery document with all of its endpoints.
pub type Metadata = ProviderMetadata<
    Endpoints,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// HTTP as an OAuth client needs it: a redirect would carry a code or a token to somewhere else.
#[derive(Debug, Clone)]
pub struct Http(pub reqwest::Client);

impl Http {
    /// A client that follows no redirect.
    ///
    /// # Errors
    /// TLS cannot be set up.
    pub fn new() -> Result<Self, AnyError> {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(10))
            .build()?;
        Ok(Self(client))
    }

    /// Sends a request of openidconnect's.
    ///
    /// # Errors
    /// No answer came.
    pub async fn send(&self, request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
        let received = self.0.execute(request.try_into()?).await?;
        let mut response = HttpResponse::new(Vec::new());
        *response.status_mut() = received.status();
        *response.headers_mut() = received.headers().clone();
        *response.body_mut() = received.bytes().await?.to_vec();
        Ok(response)
    }

    /// The discovery document and the keys of an issuer.
    ///
    /// # Errors
    /// The issuer does not answer, or is not who it should be.
    pub async fn discover(&self, issuer: &str) -> Result<Metadata, AnyError> {
        let send = |request| self.send(request);
        Ok(Metadata::discover_async(IssuerUrl::new(issuer.to_owned())?, &send).await?)
    }
}

/// A setting from the environment.
///
/// # Errors
/// It is not set.
pub fn setting(name: &str) -> Result<String, AnyError> {
    std::env::var(name).map_err(|_| format!("set {name}").into())
}
