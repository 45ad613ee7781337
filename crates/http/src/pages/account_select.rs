//! The page that asks which account to go on with (`prompt=select_account`).

use askama::Template;
use keywright_core::authorize::ClientView;

use super::Layout;
use super::layout::{home, policy, terms};

/// Shows the current account and offers another. Its form posts `csrf` and `decision`: `accept`,
/// `other` or `deny`.
#[derive(Debug, Template)]
#[template(path = "account_select.html")]
pub struct AccountSelect<'a> {
    /// The shared part.
    pub layout: Layout<'a>,
    /// Absolute path that the form posts to.
    pub action: &'a str,
    /// CSRF token of this form.
    pub csrf: &'a str,
    /// Who asks.
    pub client: &'a ClientView,
    /// Login name of the session.
    pub login: &'a str,
}
