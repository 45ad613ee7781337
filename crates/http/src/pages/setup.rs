//! The page that makes the first administrator.

use std::fmt;

use askama::Template;

use super::Layout;

/// Asks who is to administer this server. Its form posts `csrf`, `login`, `name`, `email`, `new`
/// and `repeated`.
#[derive(Debug, Template)]
#[template(path = "setup.html")]
pub struct Setup<'a> {
    /// The shared part.
    pub layout: Layout<'a>,
    /// Absolute path that the form posts to.
    pub action: &'a str,
    /// CSRF token of this form.
    pub csrf: &'a str,
    /// What was typed as login name.
    pub login: &'a str,
    /// What was typed as name.
    pub name: &'a str,
    /// What was typed as e-mail address.
    pub email: &'a str,
    /// Why the page is shown again.
    pub problem: Option<SetupProblem>,
}

impl Setup<'_> {
    /// Whether it is the login name that is to be another one; browsers let nobody type a name or an
    /// address that will not do.
    fn login_is_wrong(&self) -> bool {
        matches!(self.problem, Some(SetupProblem::Taken | SetupProblem::Person(_)))
    }

    /// Whether it is the password.
    fn new_is_wrong(&self) -> bool {
        matches!(self.problem, Some(SetupProblem::Password(_)))
    }
}

/// Why no administrator was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetupProblem {
    /// A field that is needed was left empty.
    Incomplete,
    /// The password will not do: what to do about it.
    Password(&'static str),
    /// A name will not do: a phrase.
    Person(&'static str),
    /// Somebody has the login name.
    Taken,
}

impl fmt::Display for SetupProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Incomplete => f.write_str("Enter a username, and the same password twice."),
            Self::Password(why) => f.write_str(why),
            Self::Person(why) => write!(f, "This cannot be used: {why}."),
            Self::Taken => f.write_str("That username is taken. Choose another."),
        }
    }
}
