//! The page that asks which account to go on with (`prompt=select_account`).

use askama::Template;
use keywright_core::authorize::ClientView;

use super::Layout;
use super::layout::Links;

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

impl AccountSelect<'_> {
    /// Where the client's name and the footer lead.
    fn links(&self) -> Links<'_> {
        Links::of(self.client)
    }

    /// The letter on the account's seal.
    fn initial(&self) -> String {
        self.login.chars().next().map(|c| c.to_uppercase().collect()).unwrap_or_default()
    }
}
