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

/// The pages that a client's metadata names, if they may be linked to: https or http. Metadata is
/// checked at registration; a link that could run a script must not appear even if that check had
/// a hole.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Links<'a> {
    /// The client's home page.
    pub(super) home: Option<&'a str>,
    /// Its terms of service.
    pub(super) terms: Option<&'a str>,
    /// Its privacy policy.
    pub(super) policy: Option<&'a str>,
}

impl<'a> Links<'a> {
    /// The links of a client.
    pub(super) fn of(client: &'a ClientView) -> Self {
        Self {
            home: linkable(client.uri.as_deref()),
            terms: linkable(client.tos_uri.as_deref()),
            policy: linkable(client.policy_uri.as_deref()),
        }
    }
}

fn linkable(uri: Option<&str>) -> Option<&str> {
    uri.filter(|uri| {
        let scheme = uri.split_once("://").map(|(scheme, _)| scheme);
        scheme.is_some_and(|s| s.eq_ignore_ascii_case("https") || s.eq_ignore_ascii_case("http"))
    })
}
