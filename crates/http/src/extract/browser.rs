//! The three cookies.
//!
//! Owns their names and flags. The browser cookie binds interactions and CSRF tokens to one
//! browser; the session cookie names a login; the known-device cookie says who has logged in here before, so that
//! guesses from elsewhere do not hold them up. On https all carry `__Host-`, so that no
//! neighbouring host can set them.

use std::ops::RangeInclusive;

use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::{HttpRequest, HttpResponse};
use keywright_core::account::known_device::{self, KnownDevice};
use keywright_core::error::Error;
use keywright_core::secret::Secret;
use keywright_core::session::Browser;

use crate::state::State;

/// Lengths of a cookie's value: at least 256 bits in unpadded base64url.
const VALUE_LENGTH: RangeInclusive<usize> = 43..=256;

/// A browser, and whether it has yet to be given its cookie.
#[derive(Debug)]
pub(crate) struct Visitor {
    /// What it showed.
    pub(crate) browser: Browser,
    /// Who has logged in here before.
    pub(crate) known: KnownDevice,
    fresh: bool,
}

impl Visitor {
    /// Reads the cookies; a browser without one gets a new name.
    ///
    /// # Errors
    /// When there is no randomness for a new name.
    pub(crate) fn of(request: &HttpRequest, state: &State) -> Result<Self, Error> {
        let session = value(request, &name(state, "session"));
        let device = value(request, &name(state, "browser"));
        let fresh = device.is_none();
        let device = match device {
            Some(device) => device,
            None => Secret::generate(state.provider.random.as_ref())?,
        };
        let browser = Browser { session, device };
        let known = request.cookie(&name(state, "known"));
        let known = KnownDevice::shown(known.as_ref().map(Cookie::value), &browser);
        Ok(Self { browser, known, fresh })
    }

    /// Gives the browser its cookie if it has none.
    ///
    /// # Errors
    /// When the cookie cannot be written as a header.
    pub(crate) fn remember(
        &self,
        state: &State,
        mut response: HttpResponse,
    ) -> Result<HttpResponse, Error> {
        if self.fresh {
            let mut cookie = cookie(state, "browser", self.browser.device.expose());
            cookie.set_max_age(Duration::days(365));
            add(&mut response, &cookie)?;
        }
        Ok(response)
    }
}

/// Sets the cookie of a session that has just begun. It lasts as long as the browser runs; the
/// session has its own end.
///
/// # Errors
/// When the cookie cannot be written as a header.
pub(crate) fn begin_session(
    state: &State,
    mut response: HttpResponse,
    session: &Secret,
) -> Result<HttpResponse, Error> {
    add(&mut response, &cookie(state, "session", session.expose()))?;
    Ok(response)
}

/// Sets the cookie of a known device, if a login gave one.
///
/// # Errors
/// When the cookie cannot be written as a header.
pub(crate) fn remember_device(
    state: &State,
    mut response: HttpResponse,
    device: Option<&Secret>,
) -> Result<HttpResponse, Error> {
    if let Some(device) = device {
        let mut cookie = cookie(state, "known", device.expose());
        cookie.set_max_age(Duration::seconds(known_device::LIFETIME.0));
        add(&mut response, &cookie)?;
    }
    Ok(response)
}

/// Removes the session cookie.
///
/// # Errors
/// When the cookie cannot be written as a header.
pub(crate) fn end_session(
    state: &State,
    mut response: HttpResponse,
) -> Result<HttpResponse, Error> {
    let mut cookie = cookie(state, "session", "");
    cookie.set_max_age(Duration::ZERO);
    add(&mut response, &cookie)?;
    Ok(response)
}

fn name(state: &State, what: &str) -> String {
    let prefix = if state.provider.settings.is_https() { "__Host-" } else { "" };
    format!("{prefix}keywright-{what}")
}

fn cookie<'a>(state: &State, what: &str, value: &'a str) -> Cookie<'a> {
    Cookie::build(name(state, what), value)
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(state.provider.settings.is_https())
        .finish()
}

fn value(request: &HttpRequest, name: &str) -> Option<Secret> {
    let cookie = request.cookie(name)?;
    let text = cookie.value();
    let ours = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (VALUE_LENGTH.contains(&text.len()) && text.bytes().all(ours)).then(|| Secret::new(text))
}

fn add(response: &mut HttpResponse, cookie: &Cookie<'_>) -> Result<(), Error> {
    response
        .add_cookie(cookie)
        .map_err(|error| Error::Internal(format!("a cookie could not be set: {error}")))
}
