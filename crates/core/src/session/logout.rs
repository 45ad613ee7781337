//! RP-initiated logout (OIDC RP-Initiated Logout 1.0).

use crate::error::{Error, ErrorCode};
use crate::id::InteractionId;
use crate::provider::Provider;
use crate::session::Browser;

/// What comes next.
#[derive(Debug)]
pub enum LogoutStep {
    /// Ask the user (no hint that proves who asks).
    Confirm {
        /// The pending logout; POST `/logout/{id}` confirms.
        interaction: InteractionId,
        /// Who is logged in.
        login: String,
        /// The client that asks, if it is known.
        client_name: Option<String>,
    },
    /// Logged out (or never in): clear the session cookie and go to `redirect` (303), or show the "you are logged out" page.
    Done {
        /// Verified post-logout redirect URI with `state`.
        redirect: Option<String>,
    },
}

/// Begins with the decoded parameters of GET `/logout`.
pub fn begin(_provider: &Provider, _parameters: &[(String, String)], _browser: &Browser) -> Result<LogoutStep, Error> {
    Err(Error::refused(ErrorCode::ServerError, "stub"))
}

/// Stores the parameters of POST `/logout`, to go on at GET `/logout/{id}`.
pub fn park(_provider: &Provider, _parameters: &[(String, String)]) -> Result<InteractionId, Error> {
    Err(Error::refused(ErrorCode::ServerError, "stub"))
}

/// GET `/logout/{id}`.
pub fn resume(_provider: &Provider, _interaction: &InteractionId, _browser: &Browser) -> Result<LogoutStep, Error> {
    Err(Error::refused(ErrorCode::ServerError, "stub"))
}

/// POST `/logout/{id}`: the user confirmed.
pub fn confirm(_provider: &Provider, _interaction: &InteractionId, _browser: &Browser) -> Result<LogoutStep, Error> {
    Err(Error::refused(ErrorCode::ServerError, "stub"))
}
