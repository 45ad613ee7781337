//! The page that posts an answer to the client (OAuth 2.0 Form Post Response Mode).

use askama::Template;

use super::Layout;

/// A form of hidden fields that a static script submits at once; without JavaScript, a button does.
/// Needs [`super::csp_with_script`].
#[derive(Template)]
#[template(path = "form_post.html")]
pub struct FormPost<'a> {
    /// The shared part.
    pub layout: Layout<'a>,
    /// Where to: the verified redirect URI.
    pub redirect_uri: &'a str,
    /// Name and value of each field, in order.
    pub parameters: Vec<(&'a str, &'a str)>,
}

impl std::fmt::Debug for FormPost<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The parameters hold a code.
        f.debug_struct("FormPost").field("redirect_uri", &self.redirect_uri).finish_non_exhaustive()
    }
}
