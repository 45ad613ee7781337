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

            /// A fresh random identifier: 128 bits in unpadded base64url (22 characters).
            ///
            /// # Errors
            /// [`RandomError`] when no randomness can be had.
            pub fn generate(random: &dyn Random) -> Result<Self, RandomError> {
                Ok(Self(random::text::<16>(random)?))
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
