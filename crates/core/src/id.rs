//! Identifiers as types, so that a grant id cannot stand where a client id belongs.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::random::{self, Random, RandomError};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Wraps an identifier that is known to be one.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// A fresh random identifier: 128 bits in unpadded base64url (22 characters). It
            /// does not begin with a hyphen, so that a command line takes it for no option.
            ///
            /// # Errors
            /// [`RandomError`] when no randomness can be had.
            pub fn generate(random: &dyn Random) -> Result<Self, RandomError> {
                loop {
                    let text = random::text::<16>(random)?;
                    if !text.starts_with('-') {
                        return Ok(Self(text));
                    }
                }
            }

            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

ids! {
    /// A client identifier (RFC 6749 section 2.2): visible ASCII.
    ClientId;
    /// The internal identifier of a user; never leaves the server.
    UserId;
    /// The `sub` of a user (OIDC Core section 2): at most 255 ASCII characters.
    Subject;
    /// A grant: one user's authorization of one client.
    GrantId;
    /// The public `sid` of a session (OIDC Front-Channel Logout section 3); not the cookie.
    Sid;
    /// A stored authorization or logout request that is waiting for its user.
    InteractionId;
    /// A key identifier: the RFC 7638 SHA-256 thumbprint of the public key.
    Kid;
    /// A JWT identifier (RFC 7519 section 4.1.7).
    Jti;
    /// A row that needs a name of its own (client secret, audit event, outbox entry).
    RowId;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::OsRandom;

    #[test]
    fn no_generated_identifier_looks_like_an_option() {
        let begin = |_| ClientId::generate(&OsRandom).unwrap().as_str().starts_with('-');
        assert!(!(0..2000).any(begin));
    }
}
