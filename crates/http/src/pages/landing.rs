//! The page at the issuer's own address.

use askama::Template;

use super::Layout;

/// Says what answers here and where the metadata is.
#[derive(Debug, Template)]
#[template(path = "landing.html")]
pub struct Landing<'a> {
    /// The shared part.
    pub layout: Layout<'a>,
    /// The issuer, exactly as configured.
    pub issuer: &'a str,
}
