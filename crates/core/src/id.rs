//! Identifiers as types, so that a grant id cannot stand where a client id belongs.

use std::fmt;

use base64::Engine as _;
use base64::alphabet::Alphabet;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};
use serde::{Deserialize, Serialize};

use crate::random::{self, Random, RandomError};
use crate::time::Millis;

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

/// Identifiers that tell nothing.
macro_rules! random {
    ($($name:ident)*) => {$(
        impl $name {
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
        }
    )*};
}

/// Identifiers of rows that come by the million: their texts ascend with time, so that new rows of
/// an index go to its end rather than to as many pages as there are rows.
macro_rules! ascending {
    ($($name:ident)*) => {$(
        impl $name {
            /// A fresh identifier: eight characters that tell the millisecond, then 80 random bits,
            /// 22 characters in all.
            ///
            /// # Errors
            /// [`RandomError`] when no randomness can be had.
            pub fn generate(
                random: &dyn Random,
                at: impl Into<Millis>,
            ) -> Result<Self, RandomError> {
                Ok(Self(moment(at.into()) + &random::text::<10>(random)?))
            }
        }
    )*};
}

/// A moment as eight characters (34 bits of the second, ten of its millisecond, four of nothing) of
/// base64url's alphabet in the order of ASCII: the later, the greater.
pub(crate) fn moment(at: Millis) -> String {
    let second = at.0.div_euclid(1000).unsigned_abs();
    let bits = second << 14 | at.0.rem_euclid(1000).unsigned_abs() << 4;
    let [_, _, bytes @ ..] = bits.to_be_bytes();
    ASCENDING.encode(bytes)
}

const ASCENDING: GeneralPurpose = GeneralPurpose::new(
    &match Alphabet::new("-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz") {
        Ok(alphabet) => alphabet,
        Err(_) => panic!("not an alphabet"),
    },
    NO_PAD,
);

random! { ClientId UserId Subject Sid InteractionId }
ascending! { GrantId RowId }

ids! {
    /// A client identifier (RFC 6749 section 2.2), of the form that [`ClientId::parse`] reads.
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

impl ClientId {
    /// Reads an identifier that somebody chose or sent: 1 to 255 characters of `VSCHAR`, which is
    /// `%x20-7E` (RFC 6749 appendix A.1).
    ///
    /// # Errors
    /// A sentence for who chose it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if matches!(text.len(), 1..=255) && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return Ok(Self::new(text));
        }
        Err("use 1 to 255 printable ASCII characters (RFC 6749 appendix A.1)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::OsRandom;

    #[test]
    fn a_client_id_is_printable_ascii_of_at_most_255_characters() {
        for good in ["a", "my app", "~", &"a".repeat(255)] {
            assert_eq!(ClientId::parse(good), Ok(ClientId::new(good)));
        }
        for bad in ["", &"a".repeat(256), "a\0", "a\tb", "a\x7f", "\u{e4}pp"] {
            assert!(ClientId::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn no_generated_identifier_looks_like_an_option() {
        let begin = |_| ClientId::generate(&OsRandom).unwrap().as_str().starts_with('-');
        assert!(!(0..2000).any(begin));
    }

    #[test]
    fn a_grant_made_later_sorts_later_and_is_as_long_as_any_other() {
        let made = |millis| GrantId::generate(&OsRandom, Millis(millis)).unwrap();
        let instants =
            [0, 1, 63, 64, 999, 1000, 1_764_000_000_999, 1_764_000_001_000, (1 << 34) * 1000 - 1];
        let ids = instants.map(made);
        assert!(ids.is_sorted(), "{ids:?}");
        assert!(ids.iter().all(|id| id.as_str().len() == 22), "{ids:?}");
        assert_ne!(made(7), made(7));
    }
}
