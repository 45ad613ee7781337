//! Logging in with a password, in three parts: look up, hash (in `http`'s queue, without a
//! database permit), begin the session.

use super::known_device::KnownDevice;
use super::throttle::{self, Reservation};
use super::{password, user};
use crate::audit::{Event, Kind};
use crate::error::{Error, ErrorCode, Refusal};
use crate::id::{Sid, UserId};
use crate::provider::Provider;
use crate::secret::Secret;
use crate::session::{self, Browser};
use crate::store::{
    Authentication, CredentialKind, CredentialRow, SessionRow, StoreExt as _, Tx, UserRow,
};
use crate::time::Timestamp;

/// A password to verify. For an unknown login name or a user without a password it holds a
/// dummy hash of the same cost, so that both take the same time.
#[derive(Clone)]
pub struct Attempt {
    /// Who, if the login name is known.
    pub user: Option<UserId>,
    /// What it was counted in.
    pub reservation: Reservation,
    login: String,
    device: KnownDevice,
    hash: String,
}

impl std::fmt::Debug for Attempt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Attempt").field("user", &self.user).finish_non_exhaustive()
    }
}

impl Attempt {
    /// Whether this is the password: slow, and false for whom there is none to compare with.
    pub(super) fn matches(&self, password: &Secret) -> bool {
        password::verify(password, &self.hash) && self.user.is_some()
    }

    /// The stored text that the password is compared with.
    pub(super) fn verified(&self) -> &[u8] {
        self.hash.as_bytes()
    }
}

/// First part: counts the attempt, and tells who it is and what the password is compared with.
///
/// # Errors
/// [`Error::Throttled`] when there were too many attempts, [`Error::Store`] when the database
/// fails.
pub fn look_up(provider: &Provider, login: &str, device: &KnownDevice) -> Result<Attempt, Error> {
    let login = user::normalize_login(login);
    let now = provider.now();
    let spared = device.knows(provider, &login, now)?;
    let reservation = throttle::reserve(provider, &login, spared, now)?;
    let found = provider.store.read(|tx| {
        let Some(user) = tx.find_user_by_login(&login)? else { return Ok(None) };
        let credential = tx.find_credential(&user.id, CredentialKind::Password)?;
        Ok(credential.map(|credential| (user.id, credential.data)))
    })?;
    let found = found.and_then(|(id, hash)| Some((id, String::from_utf8(hash).ok()?)));
    let (user, hash) = match found {
        Some((id, hash)) => (Some(id), hash),
        None => (None, password::dummy(provider.settings.password_cost)),
    };
    Ok(Attempt { user, reservation, login, device: device.clone(), hash })
}

/// What the second part found out.
#[derive(Debug)]
pub enum Verdict {
    /// Wrong, or nobody of that name.
    Wrong,
    /// Right.
    Right,
    /// Right, and the stored hash has another cost than the operator wants: this one replaces it.
    Renewed(Secret),
}

/// Second part, slow and without the database: whether the password is right. A hash of another
/// cost is made anew, so that all names take the same time again.
pub fn verify(provider: &Provider, attempt: &Attempt, password: &Secret) -> Verdict {
    let cost = provider.settings.password_cost;
    let is_current = !password::needs_rehash(&attempt.hash, cost);
    if !attempt.matches(password) {
        if !is_current {
            // Else a cheap hash of an imported user would tell that there is one.
            password::verify(password, &password::dummy(cost));
        }
        return Verdict::Wrong;
    }
    if is_current {
        return Verdict::Right;
    }
    match password::hash(provider.random.as_ref(), password, cost) {
        Ok(hash) => Verdict::Renewed(Secret::new(hash)),
        Err(error) => {
            tracing::warn!(%error, "a password hash could not be renewed");
            Verdict::Right
        }
    }
}

/// A login that succeeded: what the browser keeps of it.
#[derive(Debug)]
pub struct LoggedIn {
    /// The session's cookie.
    pub session: Secret,
    /// The cookie of a known device ([`KnownDevice`]), if that is of any use.
    pub device: Option<Secret>,
}

/// Gives an attempt back that was counted and never looked at.
///
/// # Errors
/// [`Error::Store`] when the database fails.
pub fn give_back(provider: &Provider, reservation: &Reservation) -> Result<(), Error> {
    provider.store.write(|tx| throttle::refund(tx, reservation))
}

/// Third part: refunds the attempt and begins a session. The cookie changes at each login; the
/// `sid` stays when the same user logs in again; another user's session in this browser ends.
///
/// # Errors
/// `access_denied` when the password was wrong, or the user is unknown or disabled: one
/// sentence for all. Recorded.
pub fn finish(
    provider: &Provider,
    attempt: &Attempt,
    verdict: &Verdict,
    browser: &Browser,
    user_agent: &str,
) -> Result<LoggedIn, Error> {
    let now = provider.now();
    let spares = provider.settings.throttle.account.is_on();
    let device = spares.then(|| attempt.device.after_login(provider, &attempt.login, now));
    let cookie = Secret::generate(provider.random.as_ref())?;
    let is_right = !matches!(verdict, Verdict::Wrong);
    provider.store.write(|tx| {
        let user = match &attempt.user {
            Some(id) if is_right && tx.hold_user(id)? && unchanged(tx, attempt, id)? => {
                tx.find_user(id)?
            }
            _ => None,
        };
        let Some(user) = user.filter(|user| user.disabled_at.is_none()) else {
            let event = Event::new(Kind::LoginFailed);
            attempt.user.iter().fold(event, Event::user).record(provider, tx, now)?;
            let text = "The login name or the password is wrong";
            return Err(Error::RefusedAndRecorded(Refusal::new(ErrorCode::AccessDenied, text)));
        };
        throttle::refund(tx, &attempt.reservation)?;
        if let Verdict::Renewed(hash) = verdict {
            renew(provider, tx, (attempt, &user.id, hash), now)?;
        }
        begin_session(provider, tx, (&user, browser), (&cookie, user_agent), now)?;
        Event::new(Kind::LoginSucceeded).user(&user.id).record(provider, tx, now)?;
        Ok(())
    })?;
    Ok(LoggedIn { session: cookie, device: device.transpose()? })
}

/// Whether the password is still the one that was verified.
fn unchanged(tx: &mut dyn Tx, attempt: &Attempt, id: &UserId) -> Result<bool, Error> {
    let row: Option<CredentialRow> = tx.find_credential(id, CredentialKind::Password)?;
    Ok(row.is_some_and(|row| row.data == attempt.hash.as_bytes()))
}

/// Never over a password that was changed at the same time.
fn renew(
    provider: &Provider,
    tx: &mut dyn Tx,
    (attempt, id, hash): (&Attempt, &UserId, &Secret),
    now: Timestamp,
) -> Result<(), Error> {
    let Some(row) = tx.find_credential(id, CredentialKind::Password)? else { return Ok(()) };
    let data = hash.expose().as_bytes().to_vec();
    if tx.claim_credential(attempt.verified(), &CredentialRow { data, updated_at: now, ..row })? {
        Event::new(Kind::PasswordUpgraded).user(id).record(provider, tx, now)?;
    }
    Ok(())
}

/// Begins a session in this browser, or goes on with the one of the same user under the new
/// cookie.
pub(super) fn begin_session(
    provider: &Provider,
    tx: &mut dyn Tx,
    (user, browser): (&UserRow, &Browser),
    (cookie, user_agent): (&Secret, &str),
    now: Timestamp,
) -> Result<(), Error> {
    let settings = &provider.settings;
    let method = Authentication { amr: "pwd".into(), at: now };
    if let Some(mut session) = session::shown(tx, browser)? {
        if session.user_id == user.id && now < session.expires_at {
            session.cookie = cookie.digest();
            session.methods = vec![method];
            session.last_seen_at = now;
            session.expires_at = now.plus(settings.session_lifetime);
            tx.update_session(&session)?;
            return Ok(());
        }
        tx.end_session(&session, now)?;
    }
    tx.insert_session(&SessionRow {
        cookie: cookie.digest(),
        sid: Sid::generate(provider.random.as_ref())?,
        user_id: user.id.clone(),
        methods: vec![method],
        user_agent: user_agent.chars().filter(|c| !c.is_control()).take(200).collect(),
        created_at: now,
        last_seen_at: now,
        expires_at: now.plus(settings.session_lifetime),
    })?;
    Ok(())
}
