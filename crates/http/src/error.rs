//! From a failure to an answer: the one table of error statuses, and the three places where an
//! error is shown (JSON, a bearer challenge, a page).
//!
//! The client sees the code and the public description; the private detail goes to the log,
//! where the request id of the answer finds it.

use std::borrow::Cow;

use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT, ALLOW, AUTHORIZATION, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpRequest, HttpResponse};
use keywright_core::error::{Error, ErrorCode, Refusal};
use keywright_core::id::ClientId;
use keywright_core::store::StoreError;
use serde_json::json;

use crate::endpoints::rendering;
use crate::middleware::trace::request_id;
use crate::pages::{ErrorPage, LoginProblem, csp};
use crate::state::State;

/// Seconds after which a client may try again when the server was too busy.
const RETRY_SECONDS: u64 = 2;

/// Why a request gets no answer of its own.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The protocol, or what stands behind it, said no.
    #[error(transparent)]
    Protocol(#[from] Error),
    /// A form of ours without the token of this browser.
    #[error(transparent)]
    Stale(Error),
    /// Too many requests from one network; seconds until another one is looked at.
    #[error("too many requests from one network")]
    TooMany(u64),
    /// No turn at the database in time, or no room to wait for one.
    #[error("too many requests at once")]
    Overloaded,
    /// Nobody else may wait for a password hash.
    #[error("too many logins at once")]
    LoginsFull,
    /// The body is longer than anybody needs.
    #[error("the body is too large")]
    TooLarge,
    /// The body did not come in time (RFC 9110 section 15.5.9).
    #[error("the body came too slowly")]
    TooSlow,
    /// Nothing lives here.
    #[error("not found")]
    NotFound,
    /// A setup link that is not live.
    #[error("the setup link is not live")]
    SetupOver,
}

/// What an error looks like from outside.
struct Shown<'a> {
    status: StatusCode,
    code: &'static str,
    description: Cow<'a, str>,
    retry_after: Option<u64>,
}

impl<'a> Shown<'a> {
    fn new(status: StatusCode, code: &'static str, description: impl Into<Cow<'a, str>>) -> Self {
        Self { status, code, description: description.into(), retry_after: None }
    }

    fn retry_after(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }
}

/// The status of a code: RFC 6749 section 5.2, RFC 6750 section 3.1.
fn status(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::InvalidClient | ErrorCode::InvalidToken => StatusCode::UNAUTHORIZED,
        ErrorCode::InsufficientScope | ErrorCode::AccessDenied => StatusCode::FORBIDDEN,
        ErrorCode::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
        ErrorCode::TemporarilyUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::BAD_REQUEST,
    }
}

/// What an error of the protocol looks like.
fn of_error(error: &Error) -> Shown<'_> {
    match error {
        Error::Refused(refusal) | Error::RefusedAndRecorded(refusal) => {
            Shown::new(status(refusal.code), refusal.code.as_str(), &*refusal.description)
        }
        Error::Throttled(wait) => {
            let seconds = wait.0.unsigned_abs();
            too_many(seconds, LoginProblem::Wait { seconds }.to_string().into())
        }
        Error::Store(StoreError::Unavailable(_)) => busy(),
        Error::Store(_) | Error::Internal(_) => Shown::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            ErrorCode::ServerError.as_str(),
            "The server failed",
        ),
    }
}

fn busy() -> Shown<'static> {
    let code = ErrorCode::TemporarilyUnavailable.as_str();
    let text = "The server is too busy, try again in a moment";
    Shown::new(StatusCode::SERVICE_UNAVAILABLE, code, text).retry_after(RETRY_SECONDS)
}

/// RFC 6585 section 4. No code of RFC 6749 fits; `slow_down` is the one that OAuth has for
/// "less often, please" (RFC 8628 section 3.5).
fn too_many(seconds: u64, description: Cow<'static, str>) -> Shown<'static> {
    Shown::new(StatusCode::TOO_MANY_REQUESTS, "slow_down", description).retry_after(seconds.max(1))
}

/// Says in the log who was refused what, and why; the answer may not say all of that.
pub(crate) fn log_refusal(refusal: &Refusal, how: &'static str) {
    let Refusal { code, description, detail, client } = refusal;
    let (code, client_id) = (code.as_str(), client.as_ref().map(ClientId::as_str));
    tracing::info!(client_id, code, description = &**description, detail, "{how}");
}

fn log_error(error: &Error) {
    match error {
        Error::Refused(refusal) | Error::RefusedAndRecorded(refusal) => {
            log_refusal(refusal, "refused");
        }
        Error::Throttled(_) => tracing::info!(%error, "refused"),
        Error::Store(StoreError::Unavailable(_)) => tracing::warn!(%error, "overloaded"),
        Error::Store(_) | Error::Internal(_) => tracing::error!(%error, "failed"),
    }
}

impl Failure {
    fn shown(&self) -> Shown<'_> {
        let invalid = ErrorCode::InvalidRequest.as_str();
        match self {
            Self::Protocol(error) | Self::Stale(error) => of_error(error),
            Self::Overloaded => busy(),
            Self::LoginsFull => Shown {
                description:
                    "Many people are signing in. Reload this page in a moment to try again".into(),
                ..busy()
            },
            Self::TooMany(seconds) => {
                let text = "Too many requests from this address. Try again in a moment";
                too_many(*seconds, text.into())
            }
            Self::TooLarge => {
                Shown::new(StatusCode::PAYLOAD_TOO_LARGE, invalid, "The body is too large")
            }
            Self::TooSlow => {
                Shown::new(StatusCode::REQUEST_TIMEOUT, invalid, "The body did not arrive in time")
            }
            Self::SetupOver => Shown::new(
                StatusCode::GONE,
                "setup_over",
                "The link was used, replaced by a newer one, or is not complete",
            ),
            Self::NotFound => {
                Shown::new(StatusCode::NOT_FOUND, "not_found", "Nothing lives at this address")
            }
        }
    }

    /// The code that the client sees, out of a closed set.
    pub(crate) fn code(&self) -> &'static str {
        self.shown().code
    }

    /// Says in the log what happened. The span around it names route and request id.
    fn log(&self) {
        match self {
            Self::Protocol(error) | Self::Stale(error) => log_error(error),
            // Of these there are the more the busier the server is; metrics count them.
            Self::Overloaded | Self::LoginsFull | Self::TooMany(_) => {
                tracing::debug!(error = %self, "refused");
            }
            Self::TooLarge | Self::TooSlow | Self::NotFound | Self::SetupOver => {
                tracing::info!(error = %self, "refused");
            }
        }
    }

    /// As JSON (RFC 6749 section 5.2). A 401 names the Basic scheme when the client tried a
    /// header, or nothing at all.
    pub(crate) fn json(&self, request: &HttpRequest, client_named: bool) -> HttpResponse {
        self.log();
        let shown = self.shown();
        let mut response = start(&shown);
        let tried_header = request.headers().contains_key(AUTHORIZATION);
        if shown.status == StatusCode::UNAUTHORIZED && (tried_header || !client_named) {
            response.insert_header((WWW_AUTHENTICATE, "Basic realm=\"keywright\""));
        }
        response.json(json!({"error": shown.code, "error_description": shown.description}))
    }

    /// As a challenge (RFC 6750 section 3).
    pub(crate) fn bearer(&self) -> HttpResponse {
        self.log();
        let shown = self.shown();
        let mut response = start(&shown);
        if shown.status.is_client_error() {
            // Neither text has a quote or a backslash (RFC 6750 section 3).
            let mut challenge = format!(
                "Bearer realm=\"keywright\", error=\"{}\", error_description=\"{}\"",
                shown.code, shown.description
            );
            if shown.status == StatusCode::FORBIDDEN {
                challenge.push_str(", scope=\"openid\"");
            }
            response.insert_header((WWW_AUTHENTICATE, challenge));
        }
        response.json(json!({"error": shown.code, "error_description": shown.description}))
    }

    /// As a page for a person.
    pub(crate) fn page(&self, request: &HttpRequest, state: &State) -> HttpResponse {
        self.log();
        let mut shown = self.shown();
        if shown.status == StatusCode::UNAUTHORIZED {
            // A person cannot answer a challenge (an unknown client at `/authorize`).
            shown.status = StatusCode::BAD_REQUEST;
        }
        let request_id = request_id(request);
        let page = ErrorPage {
            layout: state.layout(),
            code: shown.code,
            description: &shown.description,
            request_id: &request_id,
        };
        match rendering::html(&page) {
            Ok(html) => rendering::with_policy(&mut start(&shown), &csp(None)).body(html),
            Err(_) => start(&shown).body(shown.description.into_owned()),
        }
    }

    /// As a page for whoever accepts HTML, else as JSON.
    pub(crate) fn negotiated(&self, request: &HttpRequest, state: &State) -> HttpResponse {
        let accepts = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok());
        if accepts.is_some_and(|accepts| accepts.contains("text/html")) {
            self.page(request, state)
        } else {
            self.json(request, true)
        }
    }
}

fn start(shown: &Shown<'_>) -> actix_web::HttpResponseBuilder {
    let mut response = HttpResponse::build(shown.status);
    if let Some(seconds) = shown.retry_after {
        response.insert_header((RETRY_AFTER, seconds));
    }
    response
}

/// A login page that stands for a refusal gets the status of that refusal.
pub(crate) fn for_problem(mut page: HttpResponse, problem: LoginProblem) -> HttpResponse {
    let (status, retry_after) = match problem {
        LoginProblem::Rejected | LoginProblem::Incomplete => return page,
        LoginProblem::Wait { seconds } => (StatusCode::TOO_MANY_REQUESTS, Some(seconds.max(1))),
        LoginProblem::Busy => (StatusCode::SERVICE_UNAVAILABLE, Some(RETRY_SECONDS)),
        LoginProblem::Stale => (StatusCode::BAD_REQUEST, None),
    };
    *page.status_mut() = status;
    if let Some(seconds) = retry_after {
        page.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    page
}

/// No token was given: a challenge without an error code (RFC 6750 section 3.1).
pub(crate) fn token_wanted() -> HttpResponse {
    HttpResponse::Unauthorized()
        .insert_header((WWW_AUTHENTICATE, "Bearer realm=\"keywright\""))
        .finish()
}

/// The address exists, the method does not (RFC 9110 section 15.5.6).
pub(crate) fn method_not_allowed(allow: &'static str) -> HttpResponse {
    let description = "The method is not allowed at this address";
    HttpResponse::MethodNotAllowed()
        .insert_header((ALLOW, allow))
        .json(json!({"error": "invalid_request", "error_description": description}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_protocol_code_but_the_servers_own_fault_is_a_5xx() {
        for code in ErrorCode::ALL {
            let own_fault =
                matches!(code, ErrorCode::ServerError | ErrorCode::TemporarilyUnavailable);
            assert_eq!(status(*code).is_server_error(), own_fault, "{code}");
        }
    }

    #[test]
    fn a_database_that_is_away_is_a_503_and_a_broken_one_a_500_without_its_secrets() {
        let away = Failure::from(Error::from(StoreError::Unavailable("locked".into())));
        assert_eq!(away.shown().status, StatusCode::SERVICE_UNAVAILABLE);
        let broken = Failure::from(Error::from(StoreError::Failed("/var/lib/x".into())));
        assert_eq!(broken.shown().status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(broken.shown().description, "The server failed");
    }

    #[test]
    fn an_overloaded_server_says_when_to_come_back() {
        let request = actix_web::test::TestRequest::default().to_http_request();
        let response = Failure::Overloaded.json(&request, true);
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers().get(RETRY_AFTER).unwrap(), "2");
    }

    #[test]
    fn a_challenge_names_the_error_and_stays_within_its_grammar() {
        let failure =
            Failure::from(Error::refused(ErrorCode::InvalidToken, "It is \"expired\" \\ gone"));
        let response = failure.bearer();
        let challenge = response.headers().get(WWW_AUTHENTICATE).unwrap().to_str().unwrap();
        assert_eq!(
            challenge,
            "Bearer realm=\"keywright\", error=\"invalid_token\", \
             error_description=\"It is  expired    gone\""
        );
    }
}
