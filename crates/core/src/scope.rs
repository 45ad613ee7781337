//! Scope values (RFC 6749 section 3.3) as an ordered set.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorCode};

/// The scopes that OpenID Connect defines and every Keywright knows, with `groups`.
pub const STANDARD: &[&str] =
    &["openid", "profile", "email", "address", "phone", "groups", "offline_access"];

/// So many scopes a text may name; what clients send in earnest is a tenth of it. Each is looked for
/// among those before it.
const MOST: usize = 256;

/// Scope tokens in the order of the request, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ScopeSet(Vec<String>);

impl ScopeSet {
    /// Parses `scope = scope-token *( SP scope-token )`. Repeated tokens count once; runs of
    /// spaces are forgiven.
    ///
    /// # Errors
    /// `invalid_scope` for a character outside `%x21 / %x23-5B / %x5D-7E`, and for more than 256
    /// tokens.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let refuse = |text| Err(Error::refused(ErrorCode::InvalidScope, text));
        let allowed = |b: u8| matches!(b, b' ' | 0x21 | 0x23..=0x5B | 0x5D..=0x7E);
        if !text.bytes().all(allowed) {
            return refuse("The scope has a forbidden character");
        }
        let tokens = || text.split(' ').filter(|token| !token.is_empty());
        if tokens().nth(MOST).is_some() {
            return refuse("The scope has too many tokens");
        }
        Ok(tokens().collect())
    }

    /// Whether `scope` is in the set.
    pub fn contains(&self, scope: &str) -> bool {
        self.0.iter().any(|s| s == scope)
    }

    /// Whether every scope of this set is in `other`.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.iter().all(|s| other.contains(s))
    }

    /// The scopes for which `keep` holds, in order.
    #[must_use]
    pub fn filter(&self, keep: impl Fn(&str) -> bool) -> Self {
        Self(self.0.iter().filter(|s| keep(s)).cloned().collect())
    }

    /// The scopes, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl<S: Into<String>> FromIterator<S> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = S>>(scopes: I) -> Self {
        let mut set = Self::default();
        for scope in scopes {
            let scope = scope.into();
            if !set.contains(&scope) {
                set.0.push(scope);
            }
        }
        set
    }
}

impl fmt::Display for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}
