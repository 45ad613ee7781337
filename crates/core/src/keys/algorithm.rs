//! The JWS algorithms that Keywright signs with.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A JWS algorithm (RFC 7518, RFC 8037).
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256, 2048-bit key: what every client understands.
    #[default]
    RS256,
    /// RSASSA-PSS with SHA-256, 2048-bit key.
    PS256,
    /// ECDSA on P-256 with SHA-256.
    ES256,
    /// Ed25519. Also read as `Ed25519` (RFC 9864).
    #[serde(alias = "Ed25519")]
    EdDSA,
}

impl Algorithm {
    /// Every algorithm there is.
    pub const ALL: &'static [Self] = &[Self::RS256, Self::PS256, Self::ES256, Self::EdDSA];

    /// The `alg` value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RS256 => "RS256",
            Self::PS256 => "PS256",
            Self::ES256 => "ES256",
            Self::EdDSA => "EdDSA",
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Algorithm {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "Ed25519" => Ok(Self::EdDSA),
            _ => Self::ALL.iter().copied().find(|a| a.as_str() == text).ok_or_else(|| {
                format!("{text:?} is no algorithm of ours; use RS256, PS256, ES256 or EdDSA")
            }),
        }
    }
}
