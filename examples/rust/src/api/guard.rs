//! Which requests pass (RFC 6750, RFC 9068 section 4, RFC 7662).

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use josekit::{jws, jwt};
use keywright_example::{AnyError, Http, setting};
use openidconnect::core::CoreClient;
use openidconnect::{
    AccessToken, ClientId, ClientSecret, EndpointMaybeSet, EndpointNotSet, EndpointSet,
    TokenIntrospectionResponse as _,
};
use serde::Deserialize;

use super::keys::Keys;

/// A client whose type says that it knows where to introspect.
type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// Decides by the token, and asks Keywright where that is not enough.
pub(crate) struct Guard {
    issuer: String,
    audience: String,
    keys: Keys,
    http: Http,
    client: Client,
}

/// The claims of an access token that this API looks at.
#[derive(Deserialize)]
pub(crate) struct Token {
    pub(crate) sub: String,
    iss: String,
    aud: Audience,
    exp: i64,
    #[serde(default)]
    scope: String,
}

/// One audience is a string, several are a list.
#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// Why a request does not pass.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// It shows no token.
    Anonymous,
    /// Its token is not good here.
    InvalidToken(&'static str),
    /// Its token is good, but not for this.
    InsufficientScope,
    /// Keywright could not be asked.
    Unreachable,
}

impl Guard {
    /// Finds keys and endpoints from the issuer alone.
    pub(crate) async fn discover() -> Result<Self, AnyError> {
        let (http, issuer) = (Http::new()?, setting("ISSUER")?);
        let metadata = http.discover(&issuer).await?;
        let jwks_uri = metadata.jwks_uri().to_string();
        let introspection = metadata.additional_metadata().introspection_endpoint.clone();
        let id = ClientId::new(setting("API_CLIENT_ID")?);
        let secret = ClientSecret::new(setting("API_CLIENT_SECRET")?);
        Ok(Self {
            keys: Keys::fetch(http.clone(), jwks_uri).await?,
            client: CoreClient::from_provider_metadata(metadata, id, Some(secret))
                .set_introspection_url(introspection),
            audience: setting("AUDIENCE")?,
            issuer,
            http,
        })
    }

    /// The token of a request, if it is for this API and has the scope.
    pub(crate) async fn check(&self, request: &HttpRequest, scope: &str) -> Result<Token, Refusal> {
        let shown = presented(request).ok_or(Refusal::Anonymous)?;
        let header = jwt::decode_header(shown);
        let header = header.map_err(|_| Refusal::InvalidToken("it is not a JWT"))?;
        let claim = |name| header.claim(name).and_then(|value| value.as_str());
        if claim("typ") != Some("at+jwt") {
            return Err(Refusal::InvalidToken("it is not an access token"));
        }
        let kid = claim("kid").ok_or(Refusal::InvalidToken("it names no key"))?;
        let verifier = self.keys.verifier(kid).await?;
        let signed = jws::deserialize_compact(shown, &verifier);
        let (payload, _) = signed.map_err(|_| Refusal::InvalidToken("its signature is wrong"))?;
        let token = serde_json::from_slice(&payload);
        let token: Token = token.map_err(|_| Refusal::InvalidToken("it lacks a claim"))?;
        self.check_claims(&token)?;
        if !token.scope.split(' ').any(|granted| granted == scope) {
            return Err(Refusal::InsufficientScope);
        }
        Ok(token)
    }

    /// Whether Keywright calls the token of a request active.
    pub(crate) async fn check_alive(&self, request: &HttpRequest) -> Result<(), Refusal> {
        let token = AccessToken::new(presented(request).ok_or(Refusal::Anonymous)?.to_owned());
        let send = |request| self.http.send(request);
        let said = self.client.introspect(&token).request_async(&send).await;
        let active = said.map_err(|_| Refusal::Unreachable)?.active();
        if active { Ok(()) } else { Err(Refusal::InvalidToken("it was revoked")) }
    }

    fn check_claims(&self, token: &Token) -> Result<(), Refusal> {
        if token.iss != self.issuer {
            return Err(Refusal::InvalidToken("another issuer made it"));
        }
        let meant = match &token.aud {
            Audience::One(one) => *one == self.audience,
            Audience::Several(several) => several.contains(&self.audience),
        };
        if !meant {
            return Err(Refusal::InvalidToken("it is for another API"));
        }
        if token.exp <= now() {
            return Err(Refusal::InvalidToken("it has expired"));
        }
        Ok(())
    }
}

/// Unix seconds.
#[expect(clippy::disallowed_methods, reason = "Keywright's own code takes its time from a clock")]
fn now() -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX)
}

/// The token in the Authorization header.
fn presented(request: &HttpRequest) -> Option<&str> {
    let (scheme, token) = request.headers().get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anonymous => write!(formatter, "there is no access token"),
            Self::InvalidToken(why) => write!(formatter, "the access token is not good: {why}"),
            Self::InsufficientScope => write!(formatter, "the access token lacks the scope"),
            Self::Unreachable => write!(formatter, "the authorization server does not answer"),
        }
    }
}

/// RFC 6750 section 3.
impl ResponseError for Refusal {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Anonymous | Self::InvalidToken(_) => StatusCode::UNAUTHORIZED,
            Self::InsufficientScope => StatusCode::FORBIDDEN,
            Self::Unreachable => StatusCode::BAD_GATEWAY,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        let challenge = match self {
            Self::Anonymous => "Bearer",
            Self::InvalidToken(_) => r#"Bearer error="invalid_token""#,
            Self::InsufficientScope => r#"Bearer error="insufficient_scope""#,
            Self::Unreachable => return response.finish(),
        };
        response.insert_header((WWW_AUTHENTICATE, challenge)).body(self.to_string())
    }
}
