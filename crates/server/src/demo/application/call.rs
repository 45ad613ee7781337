//! What can be done with tokens, each a request that the page then shows.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use openidconnect::HttpRequest;
use openidconnect::http::header::{AUTHORIZATION, CONTENT_TYPE};
use openidconnect::http::{self, Method};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::flow::{Server, Session, Trouble};
use super::{Application, Party};
use crate::demo::wire::{Exchange, Wire};

/// What a button does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    UserInfo,
    Api,
    BrokenToken,
    Refresh,
    Introspect,
    Revoke,
}

/// What was done, and what came of it.
#[derive(Debug, Clone)]
pub(super) struct Called {
    /// What, in a heading.
    pub(super) title: &'static str,
    /// What is to be seen.
    pub(super) lesson: &'static str,
    /// The requests and answers.
    pub(super) exchanges: Vec<Exchange>,
    /// Why it failed, if not in an answer that can be seen.
    pub(super) trouble: Option<Trouble>,
}

impl Called {
    /// The exchange of the code, with which everything began.
    pub(super) fn exchange(exchanges: Vec<Exchange>) -> Self {
        let lesson = "The code and our secrets for tokens (OIDC Core section 3.1.3).";
        Self { title: "Exchange the code", lesson, exchanges, trouble: None }
    }
}

impl Call {
    /// Every one, in the order of the page.
    pub(super) const ALL: [Self; 6] = [
        Self::UserInfo,
        Self::Api,
        Self::BrokenToken,
        Self::Refresh,
        Self::Introspect,
        Self::Revoke,
    ];

    /// The last part of its URL.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::UserInfo => "userinfo",
            Self::Api => "api",
            Self::BrokenToken => "broken-token",
            Self::Refresh => "refresh",
            Self::Introspect => "introspect",
            Self::Revoke => "revoke",
        }
    }

    /// The one of that path.
    pub(super) fn find(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|call| call.path() == path)
    }

    /// The button.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::UserInfo => "Ask UserInfo",
            Self::Api => "Call the API",
            Self::BrokenToken => "Call it with a forged token",
            Self::Refresh => "Refresh",
            Self::Introspect => "Introspect",
            Self::Revoke => "Revoke",
        }
    }

    /// What is to be seen.
    pub(super) fn lesson(self) -> &'static str {
        match self {
            Self::UserInfo => "The claims of the user as they are now (OIDC Core section 5.3).",
            Self::Api => "The API verifies the token with the JWKS alone; Keywright is not asked.",
            Self::BrokenToken => "One character of the signature changed: the API says 401.",
            Self::Refresh => {
                "New tokens without the user. The old refresh token is spent; a minute later it \
                 would be taken for stolen, and everything would end."
            }
            Self::Introspect => "Keywright says whether the access token is alive (RFC 7662).",
            Self::Revoke => {
                "The refresh token and its grant end at once (RFC 7009): introspection and \
                 UserInfo know. The API verifies on its own and accepts the access token until it \
                 expires, in five minutes at most."
            }
        }
    }

    /// Does it; new tokens, if it brought any.
    pub(super) async fn run(
        self,
        application: &Application,
        session: &Session,
    ) -> (Called, Option<Session>) {
        let wire = Wire::new(application.client.clone());
        let done = self.send(&application.party, session, &wire).await;
        let exchanges = wire.take();
        let (fresh, trouble) = match done {
            Ok(fresh) => (fresh, None),
            Err(trouble) => (None, Some(trouble)),
        };
        let (title, lesson) = (self.label(), self.lesson());
        (Called { title, lesson, exchanges, trouble }, fresh)
    }

    async fn send(
        self,
        party: &Party,
        session: &Session,
        wire: &Wire,
    ) -> Result<Option<Session>, Trouble> {
        let server = Server::discover(party, wire).await?;
        // What was asked at the beginning has been seen.
        wire.take();
        let token = &session.access.compact;
        let request = match self {
            Self::UserInfo => bearer(server.userinfo_endpoint.as_str(), token)?,
            Self::Api => bearer(&party.api, token)?,
            Self::BrokenToken => bearer(&party.api, &forge(token))?,
            Self::Refresh => return server.refresh(session, wire).await.map(Some),
            Self::Introspect => {
                let url = server.endpoints.introspection.as_str();
                form(party, url, &format!("token={token}&token_type_hint=access_token"))?
            }
            Self::Revoke => {
                let url = server.endpoints.revocation.as_str();
                let token = utf8_percent_encode(&session.refresh, NON_ALPHANUMERIC);
                form(party, url, &format!("token={token}&token_type_hint=refresh_token"))?
            }
        };
        wire.send(request).await.map(|_| None).map_err(|error| error.to_string())
    }
}

fn bearer(url: &str, token: &str) -> Result<HttpRequest, Trouble> {
    let request = http::Request::get(url).header(AUTHORIZATION, format!("Bearer {token}"));
    request.body(Vec::new()).map_err(|error| error.to_string())
}

/// Our id and secret need no encoding: they are base64url.
fn form(party: &Party, url: &str, body: &str) -> Result<HttpRequest, Trouble> {
    let credentials = STANDARD.encode(format!("{}:{}", party.client_id, party.secret.expose()));
    http::Request::builder()
        .method(Method::POST)
        .uri(url)
        .header(AUTHORIZATION, format!("Basic {credentials}"))
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(body.as_bytes().to_vec())
        .map_err(|error| error.to_string())
}

/// The token with the first character of its signature changed.
fn forge(token: &str) -> String {
    let Some((signed, signature)) = token.rsplit_once('.') else {
        return String::new();
    };
    let first = if signature.starts_with('A') { 'B' } else { 'A' };
    format!("{signed}.{first}{}", signature.get(1..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forged_token_differs_in_its_signature_alone() {
        assert_eq!(forge("a.b.cdef"), "a.b.Adef");
        assert_eq!(forge("a.b.Adef"), "a.b.Bdef");
    }

    #[test]
    fn every_call_is_found_by_its_path() {
        for call in Call::ALL {
            assert_eq!(Call::find(call.path()), Some(call));
        }
        assert_eq!(Call::find("nothing"), None);
    }
}
