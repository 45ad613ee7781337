//! Logging in with a password, in three parts: look up, hash (in `http`'s queue, without a database permit), begin the session.

use crate::error::{Error, ErrorCode};
use crate::id::UserId;
use crate::provider::Provider;
use crate::secret::Secret;
use crate::session::Browser;

/// A password to verify. For an unknown login or a user without password it holds a dummy hash of the same cost.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// Who, if the login name is known.
    pub user: Option<UserId>,
    /// The stored hash.
    pub hash: String,
}

/// First part: looks up. stub
pub fn look_up(_provider: &Provider, _login: &str) -> Result<Attempt, Error> {
    Err(Error::refused(ErrorCode::ServerError, "stub"))
}

/// Second part (slow, no database): whether the password is right; then also a new hash if the stored one is of an old kind or cost.
pub fn verify(_attempt: &Attempt, _password: &Secret) -> bool {
    false
}

/// Third part: begins a session (a new cookie, the old session of this browser ended when it was another user's) and returns its cookie value. `access_denied` when
/// the password was wrong or the user is unknown or disabled: one sentence for all.
pub fn finish(_provider: &Provider, _attempt: &Attempt, _verified: bool, _browser: &Browser, _user_agent: &str) -> Result<Secret, Error> {
    Err(Error::refused(ErrorCode::ServerError, "stub"))
}
