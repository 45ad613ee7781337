//! Changing one's own password, in three parts as a login: look up, verify the old and hash the
//! new (in `http`'s queue, without a database permit), write.

use super::known_device::KnownDevice;
use super::sessions::Ending;
use super::{login, overview, password, sessions, throttle};
use crate::audit::{Event, Kind};
use crate::error::{Error, ErrorCode, Refusal};
use crate::provider::Provider;
use crate::secret::Secret;
use crate::session::{self, Browser};
use crate::store::{CredentialRow, StoreExt as _};

/// What the user typed.
#[derive(Debug, Clone)]
pub struct Typed {
    /// The password so far.
    pub current: Secret,
    /// The new one.
    pub new: Secret,
    /// The new one again.
    pub repeated: Secret,
}

/// Whether the new password will do, before anything slow is done.
///
/// # Errors
/// A sentence for the user.
pub fn check(typed: &Typed) -> Result<(), &'static str> {
    check_new(&typed.new, &typed.repeated)?;
    if typed.new.digest().matches(&typed.current.digest()) {
        return Err("The new password is the old one. Choose another.");
    }
    Ok(())
}

/// Whether a new password that was typed twice will do.
///
/// # Errors
/// A sentence for the user.
pub fn check_new(new: &Secret, repeated: &Secret) -> Result<(), &'static str> {
    password::check_policy(new)?;
    if !new.digest().matches(&repeated.digest()) {
        return Err("The two new passwords differ. Type the same one twice.");
    }
    Ok(())
}

/// What a change begins with.
#[derive(Debug)]
pub enum Begun {
    /// Nobody is logged in in this browser.
    NobodyIsHere,
    /// The user has no password, so there is none to change.
    NoPassword,
    /// The password that the old one is compared with.
    Attempt(login::Attempt),
}

/// First part: who is it, and what is the old password compared with. Counted as an attempt to
/// log in.
///
/// # Errors
/// [`Error::Throttled`] when there were too many attempts, [`Error::Store`] when the database
/// fails.
pub fn begin(provider: &Provider, browser: &Browser, device: &KnownDevice) -> Result<Begun, Error> {
    let Some(profile) = overview::who(provider, browser)? else { return Ok(Begun::NobodyIsHere) };
    if profile.password_set_at.is_none() {
        return Ok(Begun::NoPassword);
    }
    Ok(Begun::Attempt(login::look_up(provider, &profile.login, device)?))
}

/// Second part, slow and without the database: the hash of the new password, if the old one is
/// right.
///
/// # Errors
/// [`Error::Internal`] without randomness.
pub fn verify(
    provider: &Provider,
    attempt: &login::Attempt,
    typed: &Typed,
) -> Result<Option<Secret>, Error> {
    if attempt.user.is_none() || !attempt.matches(&typed.current) {
        return Ok(None);
    }
    let cost = provider.settings.password_cost;
    let hash = password::hash(provider.random.as_ref(), &typed.new, cost)?;
    Ok(Some(Secret::new(hash)))
}

/// Third part: writes the new password if the old one still is what was verified, and ends every
/// other session and every grant of the user, so that whoever knew the old one is out. This
/// browser stays logged in under the cookie that is returned; `None` when nobody is any more.
///
/// # Errors
/// `access_denied` when the old password was wrong or has been changed meanwhile. Recorded.
pub fn finish(
    provider: &Provider,
    browser: &Browser,
    attempt: &login::Attempt,
    hash: Option<&Secret>,
) -> Result<Option<Secret>, Error> {
    let now = provider.now();
    let cookie = Secret::generate(provider.random.as_ref())?;
    provider.store.write(|tx| {
        let Some((mut session, user)) = session::held(provider, tx, browser, now)? else {
            return Ok(None);
        };
        let is_hers = attempt.user.as_ref() == Some(&user.id);
        let changed = match hash.filter(|_| is_hers) {
            Some(hash) => {
                let new = CredentialRow::password(&user.id, hash.expose(), true, now);
                tx.claim_credential(attempt.verified(), &new)?
            }
            None => false,
        };
        if !changed {
            let event = Event::new(Kind::LoginFailed).user(&user.id);
            event.detail("at", "password change").record(provider, tx, now)?;
            let text = "The current password is wrong";
            return Err(Error::RefusedAndRecorded(Refusal::new(ErrorCode::AccessDenied, text)));
        }
        throttle::refund(tx, &attempt.reservation)?;
        // The grants first, as in `end_everything`.
        let reason = Ending::PasswordChanged.reason();
        let grants = tx.revoke_grants_of(&user.id, None, now, reason)?;
        sessions::end_others(provider, tx, (&user.id, &session.sid), now)?;
        session.cookie = cookie.digest();
        session.last_seen_at = now;
        tx.update_session(&session)?;
        let event = Event::new(Kind::PasswordChanged).user(&user.id).detail("grants", grants);
        event.record(provider, tx, now)?;
        Ok(Some(cookie.clone()))
    })
}
