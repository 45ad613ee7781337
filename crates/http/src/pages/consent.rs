//! The consent page.

use askama::Template;
use keywright_core::authorize::{ClientView, ScopeView};

use super::Layout;
use super::layout::Links;

/// Asks whether the client may have what it asks for. Its form posts `csrf` and `decision`:
/// `accept`, `deny` or `other` (go on with another account).
#[derive(Debug, Template)]
#[template(path = "consent.html")]
pub struct Consent<'a> {
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
    /// What is asked for: see [`ScopeGroup::by_resource`].
    pub groups: Vec<ScopeGroup<'a>>,
}

impl Consent<'_> {
    /// Where the client's name and the footer lead.
    fn links(&self) -> Links<'_> {
        Links::of(self.client)
    }

    /// Whether the answer stays on the user's own device: loopback or a private-use scheme
    /// (RFC 8252 section 7).
    fn is_local(&self) -> bool {
        !self.client.redirect_uri.starts_with("https:")
    }
}

/// The scopes of one resource, under one heading.
#[derive(Debug)]
pub struct ScopeGroup<'a> {
    /// What the resource is called; empty for what concerns the user's identity.
    pub resource: &'a str,
    /// Its scopes, in the order of the request.
    pub scopes: Vec<&'a ScopeView>,
}

impl<'a> ScopeGroup<'a> {
    /// Groups scopes by resource, identity first, otherwise in the order of the request.
    pub fn by_resource(scopes: &'a [ScopeView]) -> Vec<Self> {
        let mut groups: Vec<Self> = Vec::new();
        for scope in scopes {
            match groups.iter_mut().find(|group| group.resource == scope.resource) {
                Some(group) => group.scopes.push(scope),
                None => groups.push(Self { resource: &scope.resource, scopes: vec![scope] }),
            }
        }
        groups.sort_by_key(|group| !group.resource.is_empty());
        groups
    }
}
