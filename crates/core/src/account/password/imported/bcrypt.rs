//! bcrypt strings as other programs made them, which read 72 bytes of a password.

use bcrypt::HashParts;

/// Highest cost that is accepted: about four seconds.
const MAX_COST: u32 = 16;

/// Reads `$2b$cost$salt-hash`, or the same with `2a` or `2y`, which only other programs'
/// mistakes tell apart. `2x`, which keeps one of them, is refused.
///
/// # Errors
/// What is wrong with it.
pub(in crate::account::password) fn parse(text: &str) -> Result<&str, &'static str> {
    if !["$2a$", "$2b$", "$2y$"].iter().any(|prefix| text.starts_with(prefix)) {
        return Err("has no bcrypt string of the kind $2a$, $2b$ or $2y$");
    }
    let parts: HashParts = text.parse().map_err(|_| "has a malformed bcrypt string")?;
    if !(4..=MAX_COST).contains(&parts.get_cost()) {
        return Err("has a bcrypt cost that is not from 4 to 16");
    }
    Ok(text)
}

/// Whether these bytes are the password, up to the 72nd.
pub(super) fn verify(password: &[u8], hash: &str) -> bool {
    bcrypt::verify(password, hash).unwrap_or(false)
}
