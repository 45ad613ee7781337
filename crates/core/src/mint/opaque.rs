//! Opaque access tokens: what they look like, and what they are found by.

use crate::error::Error;
use crate::id;
use crate::provider::Provider;
use crate::random;
use crate::secret::{Digest, Secret};

/// Draws a token: the moment and 208 random bits, 43 characters of base64url's alphabet in all.
///
/// # Errors
/// [`Error::Internal`] when no randomness can be had.
pub(crate) fn draw(provider: &Provider) -> Result<Secret, Error> {
    let secret = random::text::<26>(provider.random.as_ref())?;
    Ok(Secret::new(id::moment(provider.clock.millis()) + &secret))
}

/// What a token is found by: its SHA-256, whose first eight bytes give way to those of the token. They
/// tell when it was made and nothing else, so that tokens that are made together are neighbours in
/// the database.
pub fn reference(token: &Secret) -> Digest {
    let mut reference = token.digest();
    for (byte, of_moment) in reference.0.iter_mut().zip(token.expose().bytes().take(8)) {
        *byte = of_moment;
    }
    reference
}
