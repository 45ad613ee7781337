//! Keywright as the site uses it, by the openidconnect crate.

use keywright_example::{AnyError, Endpoints, Http, setting};
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreIdToken, CoreTokenResponse, CoreUserInfoClaims,
};
use openidconnect::{
    AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet, EndpointNotSet,
    EndpointSet, LogoutRequest, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge,
    PkceCodeVerifier, PostLogoutRedirectUrl, RedirectUrl, Scope, TokenResponse as _,
};
use serde::Deserialize;

use super::sessions::Login;

const SCOPES: [&str; 4] = ["profile", "email", "notes:read", "notes:write"];

/// A client whose type says which endpoints it knows: where to authorize surely, tokens and
/// UserInfo if discovery told them.
type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// An OpenID provider.
pub(crate) struct Provider {
    http: Http,
    client: Client,
    credentials: (String, String),
    endpoints: Endpoints,
    after_logout: PostLogoutRedirectUrl,
}

/// What comes to the redirect URI.
#[derive(Deserialize)]
pub(crate) struct Answer {
    #[serde(default)]
    state: String,
    code: Option<String>,
    error: Option<String>,
    iss: Option<String>,
}

impl Provider {
    /// Finds every endpoint from the issuer alone.
    pub(crate) async fn discover(
        http: Http,
        redirect_uri: String,
        after_logout: String,
    ) -> Result<Self, AnyError> {
        let metadata = http.discover(&setting("ISSUER")?).await?;
        let endpoints = metadata.additional_metadata().clone();
        let credentials = (setting("CLIENT_ID")?, setting("CLIENT_SECRET")?);
        let id = ClientId::new(credentials.0.clone());
        let secret = ClientSecret::new(credentials.1.clone());
        let client = CoreClient::from_provider_metadata(metadata, id, Some(secret))
            .set_redirect_uri(RedirectUrl::new(redirect_uri)?);
        let after_logout = PostLogoutRedirectUrl::new(after_logout)?;
        Ok(Self { http, client, credentials, endpoints, after_logout })
    }

    /// Where to send the browser, and what its answer must match.
    pub(crate) fn begin(&self) -> (String, String) {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let (url, state, nonce) = self
            .client
            .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
            .add_scopes(SCOPES.map(|scope| Scope::new(scope.to_owned())))
            .set_pkce_challenge(challenge)
            .url();
        let expected = [state.secret(), nonce.secret(), verifier.secret()].map(String::as_str);
        (url.into(), expected.join("."))
    }

    /// Trades the code for tokens, checks the ID token and asks who the user is.
    pub(crate) async fn finish(
        &self,
        answer: &Answer,
        expected: Option<&str>,
    ) -> Result<Login, AnyError> {
        let mut expected = expected.unwrap_or_default().split('.').map(str::to_owned);
        let (Some(state), Some(nonce), Some(verifier)) =
            (expected.next(), expected.next(), expected.next())
        else {
            return Err("no login is under way in this browser".into());
        };
        if answer.state != state {
            return Err("the answer belongs to another login".into());
        }
        // RFC 9207: an answer from another provider must not be mistaken for Keywright's.
        if answer.iss != Some(setting("ISSUER")?) {
            return Err("the answer comes from another provider".into());
        }
        let code = answer.code.clone().ok_or_else(|| answer.error.clone().unwrap_or_default())?;
        let send = |request| self.http.send(request);
        let tokens = self
            .client
            .exchange_code(AuthorizationCode::new(code))?
            .set_pkce_verifier(PkceCodeVerifier::new(verifier))
            .request_async(&send)
            .await?;
        let id_token = tokens.id_token().ok_or("Keywright sent no ID token")?.clone();
        let claims = id_token.claims(&self.client.id_token_verifier(), &Nonce::new(nonce))?;
        let subject = claims.subject().clone();
        let request = self.client.user_info(tokens.access_token().clone(), Some(subject))?;
        let user: CoreUserInfoClaims = request.request_async(&send).await?;
        Ok(login(&user, tokens, id_token))
    }

    /// New tokens for the same login. Keywright rotates the refresh token, too.
    pub(crate) async fn refresh(&self, login: Login) -> Result<Login, AnyError> {
        let send = |request| self.http.send(request);
        let refresh_token = login.tokens.refresh_token().ok_or("there is no refresh token")?;
        let tokens: CoreTokenResponse =
            self.client.exchange_refresh_token(refresh_token)?.request_async(&send).await?;
        Ok(Login { tokens, ..login })
    }

    /// Ends the grant (RFC 7009). The crate's own `revoke_token` insists on https, which a server
    /// on loopback does not have.
    pub(crate) async fn revoke(&self, login: &Login) -> Result<(), AnyError> {
        let token = login.tokens.refresh_token().ok_or("there is no refresh token")?;
        let (id, secret) = &self.credentials;
        let endpoint = self.endpoints.revocation_endpoint.url().clone();
        let request = self.http.0.post(endpoint).basic_auth(id, Some(secret));
        request.form(&[("token", token.secret())]).send().await?.error_for_status()?;
        Ok(())
    }

    /// Where to send the browser to end the session at Keywright, too.
    pub(crate) fn logout(&self, login: &Login) -> String {
        LogoutRequest::from(self.endpoints.end_session_endpoint.clone())
            .set_id_token_hint(&login.id_token)
            .set_post_logout_redirect_uri(self.after_logout.clone())
            .http_get_url()
            .into()
    }
}

fn login(user: &CoreUserInfoClaims, tokens: CoreTokenResponse, id_token: CoreIdToken) -> Login {
    let name = user.name().and_then(|name| name.get(None));
    Login {
        name: name.map(|name| name.to_string()).unwrap_or_default(),
        email: user.email().map(|email| email.to_string()).unwrap_or_default(),
        tokens,
        id_token,
    }
}
