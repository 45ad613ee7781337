//! What every page shares.

use keywright_core::authorize::ClientView;

/// Where the pages of this issuer live.
#[derive(Debug, Clone, Copy)]
pub struct Layout<'a> {
    /// Path of the issuer without a trailing slash: empty, or for example `/tenant`.
    pub base: &'a str,
}

impl<'a> Layout<'a> {
    /// The shared part of a page below the issuer's path.
    pub fn new(base: &'a str) -> Self {
        Self { base: base.trim_end_matches('/') }
    }
}

/// The client's home page if it is one that may be linked to: http or https. Metadata is checked at registration; a link
/// that could run a script must not appear even if that check had a hole.
pub(super) fn home(client: &ClientView) -> Option<&str> {
    web_link(client.uri.as_deref())
}

/// The client's terms of service, by the same rule.
pub(super) fn terms(client: &ClientView) -> Option<&str> {
    web_link(client.tos_uri.as_deref())
}

/// The client's privacy policy, by the same rule.
pub(super) fn policy(client: &ClientView) -> Option<&str> {
    web_link(client.policy_uri.as_deref())
}

fn web_link(uri: Option<&str>) -> Option<&str> {
    uri.filter(|uri| {
        let scheme = uri.split_once("://").map(|(scheme, _)| scheme);
        scheme.is_some_and(|s| s.eq_ignore_ascii_case("https") || s.eq_ignore_ascii_case("http"))
    })
}
