//! Browser sessions and the cookies that name them.

pub mod logout;

use crate::error::Error;
use crate::provider::Provider;
use crate::secret::Secret;

/// What a browser showed: the values of our two cookies.
#[derive(Debug, Clone)]
pub struct Browser {
    /// The session cookie, if it was sent.
    pub session: Option<Secret>,
    /// The browser cookie that interactions and CSRF tokens are bound to. `http` makes one
    /// (256 random bits) when it was not sent, and sets it with the response.
    pub device: Secret,
}

/// The CSRF token of this browser's forms: HMAC of the browser cookie. stub
pub fn form_token(_provider: &Provider, _browser: &Browser) -> Result<String, Error> {
    Ok(String::new())
}

/// Checks a CSRF token in constant time. stub
///
/// # Errors
/// `invalid_request`.
pub fn check_form_token(_provider: &Provider, _browser: &Browser, _token: &str) -> Result<(), Error> {
    Ok(())
}
