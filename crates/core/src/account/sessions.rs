//! A user's sessions: seeing them, ending them.

use super::browser_name;
use crate::audit::{Event, Kind};
use crate::error::Error;
use crate::id::{Sid, UserId};
use crate::provider::Provider;
use crate::session::{self, Browser, logout};
use crate::store::{SessionRow, StoreError, StoreExt as _, Tx};
use crate::time::Timestamp;

/// A session as its user sees it.
#[derive(Debug, Clone)]
pub struct OwnSession {
    /// Names it when it is to be ended.
    pub sid: Sid,
    /// The browser in words.
    pub browser: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used, give or take a minute.
    pub last_seen_at: Timestamp,
    /// Whether it is the one of the browser that asks.
    pub is_this: bool,
}

/// What an order to end something did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The session of this browser: its cookie is to be cleared.
    Here,
    /// Something elsewhere, or nothing: it was gone already, or is not this user's.
    Elsewhere,
    /// Nothing, since nobody is logged in in this browser.
    NobodyIsHere,
}

/// Why everything that a user had begun is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The password is another one: whoever had the old one must be out.
    PasswordChanged,
    /// The user may log in no more, and finds nothing alive when that is allowed again.
    Disabled,
}

impl Ending {
    /// What the revoked grants remember.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::PasswordChanged => "password_changed",
            Self::Disabled => "user_disabled",
        }
    }
}

/// The live sessions of the user of `this`, which comes first, then the last used.
///
/// # Errors
/// [`Error::Store`] when the database fails.
pub fn of(
    provider: &Provider,
    tx: &mut dyn Tx,
    this: &SessionRow,
    now: Timestamp,
) -> Result<Vec<OwnSession>, Error> {
    let rows = tx.sessions_of(&this.user_id)?;
    let live = rows.into_iter().filter(|row| session::is_live(provider, row, now));
    let mut sessions: Vec<OwnSession> = live
        .map(|row| OwnSession {
            browser: browser_name::in_words(&row.user_agent),
            created_at: row.created_at,
            last_seen_at: row.last_seen_at,
            is_this: row.sid == this.sid,
            sid: row.sid,
        })
        .collect();
    sessions.sort_by_key(|session| (!session.is_this, -session.last_seen_at.0));
    Ok(sessions)
}

/// Ends one session of the user, and the grants that are bound to it. Another user's is not
/// touched, and nothing tells that it exists.
///
/// # Errors
/// [`Error::Store`] when the database fails.
pub fn end(provider: &Provider, browser: &Browser, sid: &Sid) -> Result<Ended, Error> {
    let now = provider.now();
    provider.store.write(|tx| {
        let Some((this, user)) = session::current(provider, tx, browser, now)? else {
            return Ok(Ended::NobodyIsHere);
        };
        if this.sid == *sid {
            logout::end(provider, tx, &this, now)?;
            return Ok(Ended::Here);
        }
        let named = tx.find_session_by_sid(sid)?.filter(|session| session.user_id == user.id);
        if let Some(session) = named {
            end_elsewhere(provider, tx, &session, now)?;
        }
        Ok(Ended::Elsewhere)
    })
}

/// Signs out in this browser.
///
/// # Errors
/// [`Error::Store`] when the database fails.
pub fn end_this(provider: &Provider, browser: &Browser) -> Result<Ended, Error> {
    let now = provider.now();
    provider.store.write(|tx| {
        let Some(this) = session::shown(tx, browser)? else { return Ok(Ended::NobodyIsHere) };
        logout::end(provider, tx, &this, now)?;
        Ok(Ended::Here)
    })
}

/// Signs out in every browser. Grants that outlive a session (`offline_access`) stay: the
/// account page lists them.
///
/// # Errors
/// [`Error::Store`] when the database fails.
pub fn end_all(provider: &Provider, browser: &Browser) -> Result<Ended, Error> {
    let now = provider.now();
    provider.store.write(|tx| {
        let Some((this, user)) = session::held(provider, tx, browser, now)? else {
            return Ok(Ended::NobodyIsHere);
        };
        end_others(provider, tx, (&user.id, &this.sid), now)?;
        logout::end(provider, tx, &this, now)?;
        Ok(Ended::Here)
    })
}

/// Revokes every grant and ends every session of a user, at an administrator's word. To be called
/// in the transaction that writes the reason for it, whose audit event is the only one. The grants
/// come first: the end of a session would revoke those bound to it as a mere logout.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub fn end_everything(
    tx: &mut dyn Tx,
    user: &UserId,
    ending: Ending,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.revoke_grants_of(user, None, now, ending.reason())?;
    for session in tx.sessions_of(user)? {
        tx.end_session(&session, now)?;
    }
    Ok(())
}

/// Ends every session of a user but one, at the user's own word: each is recorded.
///
/// # Errors
/// [`Error::Store`] when the database fails.
pub(super) fn end_others(
    provider: &Provider,
    tx: &mut dyn Tx,
    (user, kept): (&UserId, &Sid),
    now: Timestamp,
) -> Result<(), Error> {
    for session in tx.sessions_of(user)?.iter().filter(|session| session.sid != *kept) {
        end_elsewhere(provider, tx, session, now)?;
    }
    Ok(())
}

fn end_elsewhere(
    provider: &Provider,
    tx: &mut dyn Tx,
    session: &SessionRow,
    now: Timestamp,
) -> Result<(), Error> {
    if tx.end_session(session, now)? {
        let event = Event::new(Kind::SessionEnded).user(&session.user_id);
        event.detail("sid", session.sid.as_str()).record(provider, tx, now)?;
    }
    Ok(())
}
