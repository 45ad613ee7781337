//! The first administrator, by a one-time link that the server prints at its start.
//!
//! One link is live at a time; its token is kept as SHA-256 in a named setting. Whoever makes an
//! administrator removes that setting in the same transaction, and the link is good only for who
//! removes it: so at most one administrator comes of it, and none beside one that was made
//! elsewhere at the same moment.

use serde_json::{Map, Value};

use super::{login, user};
use crate::audit::{Event, Kind};
use crate::error::{Error, ErrorCode};
use crate::id::{Subject, UserId};
use crate::provider::Provider;
use crate::secret::{Digest, Secret};
use crate::session::Browser;
use crate::store::{CredentialRow, Origin, StoreError, StoreExt as _, Tx, UserRow};
use crate::time::Timestamp;

/// The setting that holds the digest of the live token.
const SETTING: &str = "setup_token";

/// Who is to be the first administrator, checked.
#[derive(Debug, Clone)]
pub struct Person {
    login: String,
    claims: Map<String, Value>,
}

impl Person {
    /// Checks what was typed; empty name and e-mail address count as none.
    ///
    /// # Errors
    /// A phrase for the one who typed it.
    pub fn new(login: &str, name: &str, email: &str) -> Result<Self, &'static str> {
        let login = user::normalize_login(login);
        user::check_login(&login)?;
        let typed = [("name", name.trim()), ("email", email.trim())];
        if typed.iter().any(|(_, text)| text.chars().count() > 254) {
            return Err("the name or the e-mail address has more than 254 characters");
        }
        let given = typed.into_iter().filter(|(_, text)| !text.is_empty());
        let claims = given.map(|(claim, text)| (claim.to_owned(), Value::from(text)));
        Ok(Self { login, claims: claims.collect() })
    }
}

/// At the start of a server: makes a token and replaces the one before, unless there is an
/// administrator; then there is none.
///
/// # Errors
/// [`Error::Store`] or [`Error::Internal`].
pub fn open(provider: &Provider) -> Result<Option<Secret>, Error> {
    let token = Secret::generate(provider.random.as_ref())?;
    provider.store.write(|tx| {
        if tx.has_administrator()? {
            close(tx)?;
            return Ok(None);
        }
        tx.put_setting(SETTING, Some(&token.digest().0))?;
        Ok(Some(token.clone()))
    })
}

/// Ends the live link, if there is one. To be called in the transaction that makes an
/// administrator by any other way.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub fn close(tx: &mut dyn Tx) -> Result<(), StoreError> {
    tx.put_setting(SETTING, None)
}

/// Whether the link with this token is good.
///
/// # Errors
/// `access_denied` when it is not.
pub fn check(provider: &Provider, token: &Secret) -> Result<(), Error> {
    let is_live = provider.store.read(|tx| {
        let stored = tx.find_setting(SETTING)?;
        let stored = stored.and_then(|bytes| Digest::try_from(bytes.as_slice()).ok());
        let same = stored.is_some_and(|stored| stored.matches(&token.digest()));
        Ok(same && !tx.has_administrator()?)
    })?;
    if is_live { Ok(()) } else { Err(over()) }
}

/// Makes the administrator, whose password's hash is `hash`, and logs them in: the cookie of the
/// session.
///
/// # Errors
/// `access_denied` when the link is not good, or not any more; `invalid_request` when the login
/// name is taken: then the link stays good.
pub fn finish(
    provider: &Provider,
    token: &Secret,
    (person, hash): (&Person, &Secret),
    (browser, user_agent): (&Browser, &str),
) -> Result<Secret, Error> {
    let now = provider.now();
    let random = provider.random.as_ref();
    let cookie = Secret::generate(random)?;
    let user = row(person, (UserId::generate(random)?, Subject::generate(random)?), now);
    provider.store.write(|tx| {
        // First of all: whoever makes an administrator meets here.
        if !tx.claim_setting_removal(SETTING, &token.digest().0)? || tx.has_administrator()? {
            return Err(over());
        }
        tx.insert_user(&user).map_err(|error| match error {
            StoreError::Conflict(_) => {
                Error::refused(ErrorCode::InvalidRequest, "That username is taken")
            }
            error => error.into(),
        })?;
        tx.put_credential(&CredentialRow::password(&user.id, hash.expose(), true, now))?;
        login::begin_session(provider, tx, (&user, browser), (&cookie, user_agent), now)?;
        Event::new(Kind::SetupCompleted).user(&user.id).record(provider, tx, now)?;
        Ok(cookie.clone())
    })
}

fn row(person: &Person, (id, subject): (UserId, Subject), now: Timestamp) -> UserRow {
    UserRow {
        id,
        subject,
        login: person.login.clone(),
        claims: person.claims.clone(),
        groups: Vec::new(),
        roles: vec![user::ADMIN.to_owned()],
        origin: Origin::Cli,
        disabled_at: None,
        created_at: now,
        updated_at: now,
    }
}

fn over() -> Error {
    Error::refused(ErrorCode::AccessDenied, "This setup link is not good, or not any more")
}
