//! Randomness as an argument: a generator seeded by the system in the binary, a known one in tests.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::Rng as _;

/// A source of random bytes fit for secrets.
pub trait Random: Send + Sync {
    /// Fills `bytes`.
    ///
    /// # Errors
    /// [`RandomError`] when the source has none to give; nothing may be minted then.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError>;
}

/// The random source failed.
#[derive(Debug, thiserror::Error)]
#[error("the random number generator failed: {0}")]
pub struct RandomError(pub String);

/// The generator of each thread (`ChaCha12`), seeded by the operating system and again every 64 KiB.
/// A call of it costs a hundredth of one of OpenSSL's, and a code flow makes ten.
#[derive(Debug, Default)]
pub struct OsRandom;

impl Random for OsRandom {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that owns randomness")]
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
        rand::rng().fill_bytes(bytes);
        Ok(())
    }
}

/// `N` random bytes.
///
/// # Errors
/// [`RandomError`] as [`Random::fill`].
pub fn bytes<const N: usize>(random: &dyn Random) -> Result<[u8; N], RandomError> {
    let mut out = [0; N];
    random.fill(&mut out)?;
    Ok(out)
}

/// `N` random bytes in unpadded base64url (`[A-Za-z0-9_-]`).
///
/// # Errors
/// [`RandomError`] as [`Random::fill`].
pub fn text<const N: usize>(random: &dyn Random) -> Result<String, RandomError> {
    Ok(URL_SAFE_NO_PAD.encode(bytes::<N>(random)?))
}
