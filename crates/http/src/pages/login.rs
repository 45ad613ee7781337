//! The login page.

use std::fmt;

use askama::Template;
use keywright_core::authorize::ClientView;

use super::Layout;
use super::layout::Links;

/// Asks for login name and password. Its form posts `csrf`, `login`, `password` and `decision`:
/// `accept` to log in, `deny` to cancel (then the other two may be empty).
#[derive(Debug, Template)]
#[template(path = "login.html")]
pub struct Login<'a> {
    /// The shared part.
    pub layout: Layout<'a>,
    /// Absolute path that the form posts to.
    pub action: &'a str,
    /// CSRF token of this form.
    pub csrf: &'a str,
    /// Who asks; `None` for a page of our own.
    pub client: Option<&'a ClientView>,
    /// What the name field holds at first; what was typed, after a wrong password.
    pub login: &'a str,
    /// Why the page is shown again.
    pub problem: Option<LoginProblem>,
}

impl Login<'_> {
    /// Where the client's name and the footer lead.
    fn links(&self) -> Links<'_> {
        self.client.map(Links::of).unwrap_or_default()
    }
}

/// Why a login was not accepted, in words that do not tell whether the account exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginProblem {
    /// Unknown or disabled user, or wrong password: one sentence for all.
    Rejected,
    /// A field was left empty.
    Incomplete,
    /// Too many attempts (429).
    Wait {
        /// How long until another attempt is looked at.
        seconds: u64,
    },
    /// The hashing queue is full (503).
    Busy,
    /// The form's CSRF token was too old or from another browser session.
    Stale,
}

impl fmt::Display for LoginProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Rejected => f.write_str(
                "That username and password do not match an account here. Check both and try again.",
            ),
            Self::Incomplete => f.write_str("Enter both your username and your password."),
            Self::Wait { seconds: 0..=1 } => {
                f.write_str("Too many attempts. Try again in a second.")
            }
            Self::Wait {
                seconds: seconds @ 2..=90,
            } => {
                write!(f, "Too many attempts. Try again in {seconds} seconds.")
            }
            Self::Wait { seconds } => {
                write!(
                    f,
                    "Too many attempts. Try again in {} minutes.",
                    seconds.div_ceil(60)
                )
            }
            Self::Busy => f.write_str("Many people are signing in. Try again in a moment."),
            Self::Stale => f.write_str("This page was open for too long. Please sign in again."),
        }
    }
}
