//! What users see of themselves: who they are here, where they are logged in, and which
//! applications they have let in.

use super::applications::{self, Application};
use super::sessions::{self, OwnSession};
use crate::claims;
use crate::error::Error;
use crate::provider::Provider;
use crate::session::{self, Browser};
use crate::store::{CredentialKind, StoreExt as _, Tx, UserRow};
use crate::time::Timestamp;

/// Who the user is here.
#[derive(Debug, Clone)]
pub struct Profile {
    /// Login name.
    pub login: String,
    /// The claim `name`.
    pub name: Option<String>,
    /// The claim `email`.
    pub email: Option<String>,
    /// Groups, in the order in which they were given.
    pub groups: Vec<String>,
    /// Roles inside Keywright itself.
    pub roles: Vec<String>,
    /// When the password was set; `None` for a user who has none.
    pub password_set_at: Option<Timestamp>,
}

/// All of the account page.
#[derive(Debug, Clone)]
pub struct Overview {
    /// Who the user is.
    pub profile: Profile,
    /// Where the user is logged in, this browser first.
    pub sessions: Vec<OwnSession>,
    /// Whom the user has let in, by name.
    pub applications: Vec<Application>,
}

/// The account of whoever is logged in in this browser; `None` when nobody is. Counts as a use
/// of the session.
///
/// # Errors
/// [`Error::Store`] when the database fails.
pub fn show(provider: &Provider, browser: &Browser) -> Result<Option<Overview>, Error> {
    let now = provider.now();
    let snapshot = provider.snapshot()?;
    let found = provider.store.read(|tx| {
        let Some((session, user)) = session::current(provider, tx, browser, now)? else {
            return Ok(None);
        };
        let sessions = sessions::of(provider, tx, &session, now)?;
        let applications = applications::of(tx, &snapshot, &user.id, now)?;
        let profile = profile(tx, user)?;
        Ok(Some((session, Overview { profile, sessions, applications })))
    })?;
    let Some((session, overview)) = found else { return Ok(None) };
    if session::is_due(&session, now) {
        provider.store.write(|tx| Ok(tx.touch_session(&session.sid, now)?))?;
    }
    Ok(Some(overview))
}

/// The login name of whoever is logged in in this browser, and whether a password is theirs to
/// change.
///
/// # Errors
/// [`Error::Store`] when the database fails.
pub fn who(provider: &Provider, browser: &Browser) -> Result<Option<Profile>, Error> {
    let now = provider.now();
    provider.store.read(|tx| {
        let current = session::current(provider, tx, browser, now)?;
        current.map(|(_, user)| profile(tx, user)).transpose()
    })
}

fn profile(tx: &mut dyn Tx, user: UserRow) -> Result<Profile, Error> {
    let text = |name| claims::find(&user, name).and_then(|value| value.as_str().map(str::to_owned));
    let password = tx.find_credential(&user.id, CredentialKind::Password)?;
    Ok(Profile {
        name: text("name"),
        email: text("email"),
        password_set_at: password.map(|row| row.updated_at),
        login: user.login,
        groups: user.groups,
        roles: user.roles,
    })
}
