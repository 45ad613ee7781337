//! Resources: the APIs that access tokens are for, and what an access token for one looks like.

use serde::{Deserialize, Serialize};
use url::Url;

use crate::claims::copied;
use crate::id::ClientId;
use crate::keys::algorithm::Algorithm;
use crate::scope::{STANDARD, ScopeSet};
use crate::time::Seconds;

/// What an access token looks like on the wire.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenFormat {
    /// RFC 9068 `at+jwt`.
    #[default]
    Jwt,
    /// A reference that only introspection understands.
    Opaque,
}

/// Extra claims that a family of verifiers expects.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClaimPreset {
    /// RFC 9068 and nothing else.
    #[default]
    Standard,
    /// djangorestframework-simplejwt: `token_type` = `access` and `user_id` = `sub`.
    Simplejwt,
}

/// A scope of a resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceScope {
    /// The scope token.
    pub name: String,
    /// What the consent page says it allows, as a phrase: `Read your notes`.
    pub description: String,
}

/// A resource (RFC 8707): an API with its own audience, scopes and token rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    /// Its identifier and audience: an absolute URI without fragment.
    pub identifier: String,
    /// What the consent page calls it.
    pub name: String,
    /// Its scopes.
    #[serde(default)]
    pub scopes: Vec<ResourceScope>,
    /// The one algorithm of its access tokens.
    #[serde(default)]
    pub algorithm: Algorithm,
    /// Lifetime of its access tokens; the server's default when absent.
    #[serde(default)]
    pub access_token_lifetime: Option<Seconds>,
    /// JWT or opaque.
    #[serde(default)]
    pub format: TokenFormat,
    /// Extra claims.
    #[serde(default)]
    pub claim_preset: ClaimPreset,
    /// Claims about the user that its access tokens carry, flat beside those of RFC 9068 (its
    /// section 2.2.3): `groups`, `email`, `preferred_username`, ... See [`crate::claims::copied`].
    #[serde(default)]
    pub access_token_claims: Vec<String>,
    /// Clients that may introspect its tokens.
    #[serde(default)]
    pub servers: Vec<ClientId>,
    /// Whether, with `openid`, the issuer joins `aud`, so that one token serves `/userinfo` too.
    #[serde(default = "yes")]
    pub userinfo_audience: bool,
}

fn yes() -> bool {
    true
}

impl Resource {
    /// Whether `text` names this resource: byte for byte, or with a trailing slash more or less
    /// for a URL that is nothing but an origin (RFC 3986 section 6.2.3).
    pub fn is_named(&self, text: &str) -> bool {
        let root = |s: &str| {
            s.strip_suffix('/').filter(|s| s.matches('/').count() == 2).map(str::to_owned)
        };
        self.identifier == text
            || root(text).is_some_and(|t| t == self.identifier)
            || root(&self.identifier).is_some_and(|t| t == text)
    }

    /// Everything that is wrong with it, in sentences that begin with the member's name.
    pub fn problems(&self) -> Vec<String> {
        let mut found = Vec::new();
        if let Err(why) = check_identifier(&self.identifier) {
            found.push(format!("identifier: {why}"));
        }
        if self.name.is_empty() {
            found.push("name: is missing; say what the consent page shall call it".to_owned());
        }
        if let Err(why) = copied::check_names(&self.access_token_claims) {
            found.push(format!("access_token_claims: {why}"));
        }
        for ResourceScope { name, .. } in &self.scopes {
            if ScopeSet::parse(name).map_or(0, |set| set.len()) != 1 || name.contains(' ') {
                found.push(format!("scopes: {name:?} is no scope (RFC 6749 section 3.3)"));
            }
            if STANDARD.contains(&name.as_str()) {
                found.push(format!("scopes: {name:?} belongs to OpenID Connect; rename it"));
            }
        }
        found
    }

    /// The scopes of `wanted` that this resource knows.
    pub fn known(&self, wanted: &ScopeSet) -> ScopeSet {
        wanted.filter(|scope| self.scopes.iter().any(|s| s.name == scope))
    }
}

/// An absolute URI without fragment (RFC 8707 section 2).
fn check_identifier(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err("is missing; add it".to_owned());
    }
    let url = Url::parse(text).map_err(|error| format!("{text:?} is no absolute URI ({error})"))?;
    if url.fragment().is_some() {
        return Err(format!("{text:?} has a fragment; remove it"));
    }
    Ok(())
}
