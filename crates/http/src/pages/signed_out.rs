//! The page at the end of a logout that has nowhere to return to.

use askama::Template;

use super::Layout;

/// Says whether the user is logged out now.
#[derive(Debug, Template)]
#[template(path = "signed_out.html")]
pub struct SignedOut<'a> {
    /// The shared part.
    pub layout: Layout<'a>,
    /// False after the user chose to stay: the session goes on.
    pub ended: bool,
}
