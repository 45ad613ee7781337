//! The authorization code flow with PKCE (OIDC Core section 3.1), step by step.

use keywright_core::time::Clock as _;
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthenticationFlow, CoreClaimName, CoreClaimType, CoreClient,
    CoreClientAuthMethod, CoreGrantType, CoreIdToken, CoreIdTokenVerifier, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreResponseMode,
    CoreResponseType, CoreSubjectIdentifierType, CoreTokenResponse,
};
use openidconnect::{
    AccessTokenHash, AdditionalProviderMetadata, AuthorizationCode, ClientId, ClientSecret,
    CsrfToken, EndpointMaybeSet, EndpointNotSet, EndpointSet, IssuerUrl, Nonce,
    OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier, ProviderMetadata, RedirectUrl,
    RefreshToken, Scope, TokenResponse as _,
};
use serde::{Deserialize, Serialize};
use url::Url;

use super::Party;
use crate::clock::SystemClock;
use crate::demo::stage::SCOPE;
use crate::demo::token::{self, Check, Expected, Verified};
use crate::demo::wire::Wire;

/// What we ask for.
const SCOPES: [&str; 3] = ["profile", "email", SCOPE];

/// Why a step failed, in a sentence.
pub(super) type Trouble = String;

/// Endpoints that OIDC Discovery itself does not name.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Endpoints {
    /// RFC 7662.
    #[serde(rename = "introspection_endpoint")]
    pub(super) introspection: Url,
    /// RFC 7009.
    #[serde(rename = "revocation_endpoint")]
    pub(super) revocation: Url,
    /// OIDC RP-Initiated Logout.
    #[serde(rename = "end_session_endpoint")]
    pub(super) end_session: Url,
}

impl AdditionalProviderMetadata for Endpoints {}

type Metadata = ProviderMetadata<
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

type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// A request that was prepared, with what only we know about it.
#[derive(Debug, Clone)]
pub(super) struct Attempt {
    /// Where the browser is sent.
    pub(super) url: Url,
    state: String,
    nonce: String,
    verifier: String,
}

/// Tokens, all verified.
#[derive(Debug, Clone)]
pub(super) struct Session {
    /// The ID token.
    pub(super) id: Verified,
    /// The access token, seen as the API sees it: to an application it is opaque.
    pub(super) access: Verified,
    /// The refresh token.
    pub(super) refresh: String,
}

/// The server as its discovery document describes it.
pub(super) struct Server<'p> {
    party: &'p Party,
    /// More endpoints.
    pub(super) endpoints: Endpoints,
    /// OIDC Core section 5.3.
    pub(super) userinfo_endpoint: Url,
    client: Client,
    jwks: serde_json::Value,
}

impl<'p> Server<'p> {
    /// Reads the discovery document and the JWKS (OIDC Discovery section 4). A real application
    /// keeps them for an hour and reads them again when a token names a key that it does not know.
    ///
    /// # Errors
    /// When they cannot be had or name another issuer.
    pub(super) async fn discover(party: &'p Party, wire: &Wire) -> Result<Self, Trouble> {
        let issuer = IssuerUrl::new(party.issuer.clone()).map_err(because("the issuer"))?;
        let metadata =
            Metadata::discover_async(issuer, wire).await.map_err(because("discovery"))?;
        let endpoints = metadata.additional_metadata().clone();
        let userinfo = metadata.userinfo_endpoint().ok_or("there is no UserInfo endpoint")?;
        let userinfo_endpoint = userinfo.url().clone();
        let jwks = serde_json::to_value(metadata.jwks()).map_err(because("the JWKS"))?;
        let secret = ClientSecret::new(party.secret.expose().to_owned());
        let id = ClientId::new(party.client_id.clone());
        let redirect = RedirectUrl::new(format!("{}/callback", party.home));
        let client = CoreClient::from_provider_metadata(metadata, id, Some(secret))
            .set_redirect_uri(redirect.map_err(because("the redirect URI"))?);
        Ok(Self { party, endpoints, userinfo_endpoint, client, jwks })
    }

    /// The authorization request (section 3.1.2.1).
    pub(super) fn ask(&self, prompt: Option<&str>) -> Attempt {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let mut request = self
            .client
            .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
            .add_scopes(SCOPES.map(|scope| Scope::new(scope.to_owned())))
            .set_pkce_challenge(challenge);
        if let Some(prompt) = prompt {
            request = request.add_extra_param("prompt", prompt);
        }
        let (url, state, nonce) = request.url();
        Attempt {
            url,
            state: state.into_secret(),
            nonce: nonce.secret().clone(),
            verifier: verifier.into_secret(),
        }
    }

    /// Exchanges the code (section 3.1.3) and verifies what comes.
    ///
    /// # Errors
    /// When the server refuses, or a token does not hold.
    pub(super) async fn exchange(
        &self,
        attempt: &Attempt,
        code: &str,
        wire: &Wire,
    ) -> Result<Session, Trouble> {
        let request = self.client.exchange_code(AuthorizationCode::new(code.to_owned()));
        let answer = request
            .map_err(because("the token endpoint"))?
            .set_pkce_verifier(PkceCodeVerifier::new(attempt.verifier.clone()))
            .request_async(wire)
            .await
            .map_err(because("the token request"))?;
        self.verify(&answer, Some(&attempt.nonce))
    }

    /// Exchanges the refresh token (section 12) and verifies what comes: still the same user.
    ///
    /// # Errors
    /// As [`Server::exchange`].
    pub(super) async fn refresh(&self, old: &Session, wire: &Wire) -> Result<Session, Trouble> {
        let token = RefreshToken::new(old.refresh.clone());
        let request = self.client.exchange_refresh_token(&token);
        let request = request.map_err(because("the token endpoint"))?;
        let answer = request.request_async(wire).await.map_err(because("the token request"))?;
        let session = self.verify(&answer, None)?;
        if session.id.claims.get("sub") != old.id.claims.get("sub") {
            return Err("the ID token is about another user".into());
        }
        Ok(session)
    }

    fn verify(&self, answer: &CoreTokenResponse, nonce: Option<&str>) -> Result<Session, Trouble> {
        let id = answer.id_token().ok_or("there is no ID token")?;
        let refresh = answer.refresh_token().ok_or("there is no refresh token")?;
        let access = answer.access_token();
        let verifier = self.client.id_token_verifier();
        let id = self.verify_id_token(id, &verifier, (nonce, access))?;
        let expected = Expected {
            issuer: &self.party.issuer,
            audience: &self.party.api,
            now: SystemClock.now().0,
        };
        let access = token::verify(access.secret(), &self.jwks, expected)
            .map_err(|why| format!("the access token: {why}"))?;
        Ok(Session { id, access, refresh: refresh.secret().clone() })
    }

    /// OIDC Core section 3.1.3.7; `openidconnect` does it and we list it.
    fn verify_id_token(
        &self,
        id: &CoreIdToken,
        verifier: &CoreIdTokenVerifier<'_>,
        (nonce, access): (Option<&str>, &openidconnect::AccessToken),
    ) -> Result<Verified, Trouble> {
        let check_nonce = |found: Option<&Nonce>| match nonce {
            Some(nonce) if found.is_none_or(|found| found.secret() != nonce) => {
                Err("its nonce is not that of the request".to_owned())
            }
            _ => Ok(()),
        };
        let claims = id.claims(verifier, check_nonce).map_err(wrong)?;
        let algorithm = id.signing_alg().map_err(wrong)?;
        let key = id.signing_key(verifier).map_err(wrong)?;
        let hash = AccessTokenHash::from_token(access, algorithm, key).map_err(wrong)?;
        if claims.access_token_hash() != Some(&hash) {
            return Err("the access token is not the one that the ID token names".into());
        }
        let left = (claims.expiration().timestamp() - SystemClock.now().0).max(0);
        let compact = id.to_string();
        let header = token::part(&compact, 0);
        let named: serde_json::Value = serde_json::from_str(&header).unwrap_or_default();
        let said = |name: &str| named[name].as_str().unwrap_or_default().to_owned();
        let mut checks = vec![
            Check::new(
                "Signature",
                format!("{} holds, with the key {} of the JWKS", said("alg"), said("kid")),
            ),
            Check::new("iss", format!("is {}", self.party.issuer)),
            Check::new("aud", format!("is {}, which is us", self.party.client_id)),
            Check::new("exp", format!("in {left} s")),
            Check::new("at_hash", "fits the access token that came along"),
        ];
        if nonce.is_some() {
            checks.push(Check::new("nonce", "is that of our request"));
        }
        let claims = serde_json::from_str(&token::part(&compact, 1)).map_err(wrong)?;
        Ok(Verified { compact, header, claims, checks })
    }
}

impl Attempt {
    /// Checks the answer before anything in it is believed: it must be to this request (`state`)
    /// and from the server that was asked (`iss`, RFC 9207 section 2.4).
    ///
    /// # Errors
    /// When it is not.
    pub(super) fn check(&self, party: &Party, answer: &[(String, String)]) -> Result<(), Trouble> {
        if find(answer, "state") != Some(&self.state) {
            return Err("the state is not that of our request".into());
        }
        if find(answer, "iss") != Some(&party.issuer) {
            return Err("the answer is not from the server that we asked".into());
        }
        Ok(())
    }

    /// The token request for a terminal (section 3.1.3.1).
    pub(super) fn token_request(&self, party: &Party, code: &str) -> String {
        let Party { issuer, client_id, secret, home, .. } = party;
        let secret = secret.expose();
        let verifier = &self.verifier;
        format!(
            "curl -i '{issuer}/token' \\\n  -u '{client_id}:{secret}' \\\n  \
             -d grant_type=authorization_code \\\n  -d 'code={code}' \\\n  \
             -d 'redirect_uri={home}/callback' \\\n  -d 'code_verifier={verifier}'"
        )
    }
}

/// The parameter of that name.
pub(super) fn find<'a>(parameters: &'a [(String, String)], name: &str) -> Option<&'a String> {
    parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

fn wrong<E: std::error::Error>(error: E) -> Trouble {
    because("the ID token")(error)
}

/// A sentence out of an error and all of its causes.
fn because<E: std::error::Error>(what: &'static str) -> impl Fn(E) -> Trouble {
    move |error| {
        let mut sentence = format!("{what}: {error}");
        let mut cause = error.source();
        while let Some(error) = cause {
            sentence = format!("{sentence}: {error}");
            cause = error.source();
        }
        sentence
    }
}
