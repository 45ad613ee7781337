//! stub
use crate::error::Error;
use crate::random::Random;
use crate::secret::Secret;

/// Longest accepted password in bytes.
pub const MAX_BYTES: usize = 1024;

/// Hashes (slow: 60 ms at cost 10). stub
pub fn hash(_random: &dyn Random, _password: &Secret, _cost: u32) -> Result<String, Error> {
    Err(Error::Internal(String::new()))
}
/// Verifies (slow). stub
pub fn verify(_password: &Secret, _stored: &str) -> bool {
    false
}
