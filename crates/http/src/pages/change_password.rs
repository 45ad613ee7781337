//! The page to change one's password.

use std::fmt;

use askama::Template;

use super::{Layout, LoginProblem};

/// Asks for the password so far and twice for the new one. Its form posts `csrf`, `current`,
/// `new` and `repeated`; the user name is there for password managers alone.
#[derive(Debug, Template)]
#[template(path = "account_password.html")]
pub struct ChangePassword<'a> {
    /// The shared part.
    pub layout: Layout<'a>,
    /// CSRF token of this form.
    pub csrf: &'a str,
    /// Login name of the user.
    pub login: &'a str,
    /// Whether there is a password to change.
    pub has_password: bool,
    /// Why the page is shown again.
    pub problem: Option<PasswordProblem>,
}

impl ChangePassword<'_> {
    /// Whether it is the current password that is to be typed differently.
    fn current_is_wrong(&self) -> bool {
        self.problem == Some(PasswordProblem::Wrong)
    }

    /// Whether it is the new one.
    fn new_is_wrong(&self) -> bool {
        matches!(self.problem, Some(PasswordProblem::NotGood(_)))
    }
}

/// Why a change was not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordProblem {
    /// A field was left empty.
    Incomplete,
    /// The new password will not do: what to do about it.
    NotGood(&'static str),
    /// The current password is wrong.
    Wrong,
    /// What keeps a login from being looked at, too.
    Login(LoginProblem),
}

impl fmt::Display for PasswordProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Incomplete => f.write_str("Fill in all three fields."),
            Self::NotGood(why) => f.write_str(why),
            Self::Wrong => f.write_str("That is not your current password."),
            Self::Login(problem) => problem.fmt(f),
        }
    }
}
