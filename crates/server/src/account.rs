//! Users as the command line and the configuration see them.

use keywright_core::id::UserId;
use keywright_core::store::{StoreError, Tx, UserRow};
use keywright_core::time::Timestamp;

/// How many users are read at once.
const PAGE: u32 = 500;

/// Every user, by login name.
///
/// # Errors
/// When the database fails.
pub(crate) fn every(tx: &mut dyn Tx) -> Result<Vec<UserRow>, StoreError> {
    let mut all: Vec<UserRow> = Vec::new();
    loop {
        let page = tx.users(all.last().map(|user| user.login.as_str()), PAGE)?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

/// Why everything that a user had begun is over.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ending {
    /// An administrator set the password: whoever had the old one must be out.
    PasswordChanged,
    /// The user may log in no more, and finds nothing alive when that is allowed again.
    Disabled,
}

impl Ending {
    fn reason(self) -> &'static str {
        match self {
            Self::PasswordChanged => "password_changed",
            Self::Disabled => "user_disabled",
        }
    }
}

/// Revokes every grant and ends every session of a user. To be called in the transaction that
/// writes the reason for it. The grants come first: the end of a session would revoke those
/// bound to it as a mere logout.
///
/// # Errors
/// When the database fails.
pub(crate) fn end_everything(
    tx: &mut dyn Tx,
    user: &UserId,
    ending: Ending,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.revoke_grants_of(user, None, now, ending.reason())?;
    for session in tx.sessions_of(user)? {
        tx.end_session(&session.sid, now)?;
    }
    Ok(())
}
