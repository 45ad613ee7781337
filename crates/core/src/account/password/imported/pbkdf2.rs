//! Django's `pbkdf2_sha256`: PBKDF2 (RFC 8018) with HMAC-SHA-256 and 32 bytes of output.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use openssl::hash::MessageDigest;
use openssl::pkcs5::pbkdf2_hmac;

use super::number;
use crate::secret::Digest;

/// Most iterations that are accepted: about three seconds. Django 5.2 uses a million.
const MAX_ITERATIONS: u32 = 10_000_000;

/// What is stored.
#[derive(Debug)]
pub(in crate::account::password) struct Stored<'a> {
    iterations: usize,
    salt: &'a str,
    hash: Digest,
}

impl<'a> Stored<'a> {
    /// Reads `iterations$salt$base64(hash)`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn parse(text: &'a str) -> Result<Self, &'static str> {
        let parts: Vec<&str> = text.split('$').collect();
        let [iterations, salt, hash] = parts[..] else {
            return Err("is not pbkdf2_sha256$iterations$salt$hash");
        };
        let iterations = number(iterations).filter(|count| (1..=MAX_ITERATIONS).contains(count));
        let iterations = iterations.and_then(|count| usize::try_from(count).ok());
        let iterations = iterations.ok_or("has no iteration count from 1 to 10000000")?;
        if salt.is_empty() {
            return Err("has no salt");
        }
        let hash = STANDARD.decode(hash).ok().and_then(|bytes| Digest::try_from(&bytes[..]).ok());
        let hash = hash.ok_or("does not end in the base64 of 32 bytes")?;
        Ok(Self { iterations, salt, hash })
    }

    /// Whether these bytes are the password.
    pub(super) fn verify(&self, password: &[u8]) -> bool {
        let mut hash = Digest([0; 32]);
        let (salt, digest) = (self.salt.as_bytes(), MessageDigest::sha256());
        pbkdf2_hmac(password, salt, self.iterations, digest, &mut hash.0)
            .is_ok_and(|()| hash.matches(&self.hash))
    }
}
