//! The page that asks before logging out (OIDC RP-Initiated Logout 1.0 section 2).

use askama::Template;

use super::Layout;

/// Asks whether to log out. Its form posts `csrf` and `decision`: `accept` or `deny`.
#[derive(Debug, Template)]
#[template(path = "logout.html")]
pub struct LogoutConfirm<'a> {
    /// The shared part.
    pub layout: Layout<'a>,
    /// Absolute path that the form posts to.
    pub action: &'a str,
    /// CSRF token of this form.
    pub csrf: &'a str,
    /// Who is logged in.
    pub login: &'a str,
    /// The client that asks, if it is known.
    pub client_name: Option<&'a str>,
}
