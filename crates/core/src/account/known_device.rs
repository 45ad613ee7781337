//! Browsers that have logged in before: the cookie that says so.
//!
//! Somebody who guesses at an account from many networks makes everybody wait for it, except the
//! browsers that its user has logged in with. The cookie is all there is: nothing is stored.
//!
//! It is a list of marks, joined by dots, one per login name, the newest first, at most
//! [`MOST`]. A mark is 20 bytes in unpadded base64url (27 characters): the day of the login (days
//! since 1970, 4 bytes, big endian) and the first 16 bytes of an HMAC-SHA-256, under a subkey of the
//! master key, of that day, the browser cookie and the login name. So it names nobody, cannot be
//! made by others, does not count in another browser, and ends after [`LIFETIME`].

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;

use super::user;
use crate::error::Error;
use crate::provider::Provider;
use crate::secret::Secret;
use crate::session::Browser;
use crate::time::{Seconds, Timestamp};

/// How long after a login a browser is still known.
pub const LIFETIME: Seconds = Seconds::days(180);

/// How many login names one browser is known for.
pub const MOST: usize = 5;

const DAY: i64 = 86_400;
const MARK: usize = 20;

/// What a browser shows of its earlier logins.
#[derive(Debug, Clone)]
pub struct KnownDevice {
    browser: Secret,
    marks: Vec<[u8; MARK]>,
}

impl KnownDevice {
    /// Reads the cookie; what is no mark is ignored.
    pub fn shown(cookie: Option<&str>, browser: &Browser) -> Self {
        let parts = cookie.unwrap_or_default().split('.').take(MOST);
        let marks = parts.filter_map(|part| {
            URL_SAFE_NO_PAD.decode(part).ok().and_then(|bytes| bytes.try_into().ok())
        });
        Self { browser: browser.device.clone(), marks: marks.collect() }
    }

    /// Whether `login` (in any spelling) has logged in here.
    ///
    /// # Errors
    /// [`Error::Internal`] when the key derivation fails.
    pub fn knows(&self, provider: &Provider, login: &str, now: Timestamp) -> Result<bool, Error> {
        Ok(self.position(provider, login, now)?.is_some())
    }

    /// The cookie after `login` (in any spelling) has logged in.
    ///
    /// # Errors
    /// [`Error::Internal`] when the key derivation fails.
    pub fn after_login(
        &self,
        provider: &Provider,
        login: &str,
        now: Timestamp,
    ) -> Result<Secret, Error> {
        let mut marks = self.marks.clone();
        if let Some(old) = self.position(provider, login, now)? {
            marks.remove(old);
        }
        let today = u32::try_from(now.0.div_euclid(DAY)).unwrap_or_default();
        marks.insert(0, self.mark(provider, login, today)?);
        marks.truncate(MOST);
        let texts: Vec<String> = marks.iter().map(|mark| URL_SAFE_NO_PAD.encode(mark)).collect();
        Ok(Secret::new(texts.join(".")))
    }

    fn position(
        &self,
        provider: &Provider,
        login: &str,
        now: Timestamp,
    ) -> Result<Option<usize>, Error> {
        for (at, mark) in self.marks.iter().enumerate() {
            let day = mark.first_chunk().copied().map(u32::from_be_bytes).unwrap_or_default();
            // Another replica's clock may be a little ahead.
            let age = now.since(Timestamp(i64::from(day) * DAY));
            let is_current = (-DAY..LIFETIME.0).contains(&age.0);
            if is_current && self.mark(provider, login, day)?.ct_eq(mark).into() {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }

    fn mark(&self, provider: &Provider, login: &str, day: u32) -> Result<[u8; MARK], Error> {
        let login = user::normalize_login(login);
        let text = Secret::new(format!("{day} {} {login}", self.browser.expose()));
        let digest = provider.master.hmac("known device", text.expose().as_bytes())?;
        let mut mark = [0; MARK];
        mark[..4].copy_from_slice(&day.to_be_bytes());
        mark[4..].copy_from_slice(&digest.0[..MARK - 4]);
        Ok(mark)
    }
}
