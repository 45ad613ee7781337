//! Browser sessions and the cookies that name them.

pub mod logout;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;

use crate::error::{Error, ErrorCode};
use crate::provider::Provider;
use crate::secret::Secret;
use crate::store::{SessionRow, Tx, UserRow};
use crate::time::{Seconds, Timestamp};

/// How stale the last use of a session may be before it is written again.
const TOUCH: Seconds = Seconds::minutes(1);

/// What a browser showed: the values of our two cookies.
#[derive(Debug, Clone)]
pub struct Browser {
    /// The session cookie, if it was sent.
    pub session: Option<Secret>,
    /// The browser cookie that interactions and CSRF tokens are bound to. `http` makes one
    /// (256 random bits) when it was not sent, and sets it with the response.
    pub device: Secret,
}

/// What a form of ours is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormScope {
    /// The browser: a login page stays good when another tab logs in first.
    Browser,
    /// The browser and its session: a decision counts for the user who was shown.
    Session,
}

/// The CSRF token of a form: an HMAC of the cookies that it is bound to.
///
/// # Errors
/// [`Error::Internal`] when the key derivation fails.
pub fn form_token(
    provider: &Provider,
    browser: &Browser,
    scope: FormScope,
) -> Result<String, Error> {
    let session = browser.session.as_ref().filter(|_| scope == FormScope::Session);
    let session = session.map_or("", Secret::expose);
    let bound = format!("{scope:?} {} {session}", browser.device.expose());
    let digest = provider.master.hmac("form token", Secret::new(bound).expose().as_bytes())?;
    Ok(URL_SAFE_NO_PAD.encode(digest.0))
}

/// Checks a CSRF token in constant time.
///
/// # Errors
/// `invalid_request` when the form is not one of ours for this browser.
pub fn check_form_token(
    provider: &Provider,
    browser: &Browser,
    scope: FormScope,
    token: &str,
) -> Result<(), Error> {
    let expected = form_token(provider, browser, scope)?;
    if expected.as_bytes().ct_eq(token.as_bytes()).into() {
        return Ok(());
    }
    let text = "This form was not made for this browser, or cookies are blocked. Go back, reload";
    Err(Error::refused(ErrorCode::InvalidRequest, text))
}

/// The session that this browser shows, whether it still counts or not.
///
/// # Errors
/// [`Error::Store`] when the database fails.
pub fn shown(tx: &mut dyn Tx, browser: &Browser) -> Result<Option<SessionRow>, Error> {
    let cookie = browser.session.as_ref().map(Secret::digest);
    Ok(cookie.map(|cookie| tx.find_session(&cookie)).transpose()?.flatten())
}

/// The session of this browser and its user, if both still count.
///
/// # Errors
/// [`Error::Store`] when the database fails.
pub fn current(
    provider: &Provider,
    tx: &mut dyn Tx,
    browser: &Browser,
    now: Timestamp,
) -> Result<Option<(SessionRow, UserRow)>, Error> {
    let Some(cookie) = browser.session.as_ref().map(Secret::digest) else { return Ok(None) };
    let found = tx.find_session_and_user(&cookie)?;
    Ok(found.filter(|found| counts(provider, found, now)))
}

/// As [`current`], with both rows held ([`crate::store::UserTx::hold_user`]): nothing begins for
/// this user, and nothing ends the session or everything of this user, until the transaction is
/// over.
///
/// # Errors
/// [`Error::Store`] when the database fails.
pub fn held(
    provider: &Provider,
    tx: &mut dyn Tx,
    browser: &Browser,
    now: Timestamp,
) -> Result<Option<(SessionRow, UserRow)>, Error> {
    let Some(cookie) = browser.session.as_ref().map(Secret::digest) else { return Ok(None) };
    let found = tx.hold_session_and_user(&cookie)?;
    Ok(found.filter(|found| counts(provider, found, now)))
}

fn counts(provider: &Provider, (session, user): &(SessionRow, UserRow), now: Timestamp) -> bool {
    is_live(provider, session, now) && user.disabled_at.is_none()
}

/// Whether a session has neither ended nor been idle for too long.
pub fn is_live(provider: &Provider, session: &SessionRow, now: Timestamp) -> bool {
    let idle = provider.settings.session_idle_lifetime;
    now < session.expires_at && now.since(session.last_seen_at) < idle
}

/// Whether it is so long since the last noted use of a session that this one is to be noted.
pub fn is_due(session: &SessionRow, now: Timestamp) -> bool {
    now.since(session.last_seen_at) >= TOUCH
}

/// When the user last authenticated in this session.
pub fn authenticated_at(session: &SessionRow) -> Timestamp {
    session.methods.iter().map(|method| method.at).max().unwrap_or(session.created_at)
}
