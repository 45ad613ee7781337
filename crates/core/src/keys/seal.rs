//! stub
use crate::error::Error;
use crate::random::Random;
use crate::secret::{Digest, Secret};
use crate::store::Store;

/// The master key.
pub struct MasterKey([u8; 32]);

impl MasterKey {
    /// Parses 32 bytes in base64 (standard or url alphabet, padded or not, surrounding white space ignored).
    pub fn parse(_text: &Secret) -> Result<Self, String> {
        Ok(Self([0; 32]))
    }
    /// A fresh one, as base64 text for a file.
    pub fn generate(_random: &dyn Random) -> Result<Secret, Error> {
        Err(Error::Internal(String::new()))
    }
    /// Compares with (or claims) the check value in the database.
    pub fn check(&self, _store: &dyn Store) -> Result<(), Error> {
        Ok(())
    }
    /// HKDF-SHA-256 subkey for a purpose.
    pub fn subkey(&self, _purpose: &str) -> Result<[u8; 32], Error> {
        Ok(self.0)
    }
    /// HMAC-SHA-256 of `text` under the subkey of `purpose`.
    pub fn hmac(&self, _purpose: &str, _text: &[u8]) -> Result<Digest, Error> {
        Ok(Digest(self.0))
    }
    /// AES-256-GCM under the subkey "seal": version(1) | nonce(12) | ciphertext | tag(16).
    pub fn seal(&self, _random: &dyn Random, _context: &str, _plain: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(Vec::new())
    }
    /// Opens what [`MasterKey::seal`] made with the same context.
    pub fn open(&self, _context: &str, _sealed: &[u8]) -> Result<zeroize::Zeroizing<Vec<u8>>, Error> {
        Err(Error::Internal(String::new()))
    }
}
