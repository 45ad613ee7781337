//! Passwords that other programs stored: Django's `pbkdf2_sha256`, `bcrypt_sha256`, `bcrypt` and
//! `argon2`, and plain bcrypt.
//!
//! Verified on the raw UTF-8 bytes that the user typed, without NFC, as those programs do. Each
//! scheme bounds what a stored text may cost, to a few seconds and 1 GiB of memory: whoever can
//! bring a hash along must not be able to occupy the server with it.

pub(super) mod argon2;
pub(super) mod bcrypt;
mod pbkdf2;

use openssl::sha::sha256;
use zeroize::Zeroizing;

/// The longest stored text, in bytes; the schemes here need less than half of it.
const MAX_STORED: usize = 512;

const UNKNOWN: &str = "is of no known scheme; known are kw1, pbkdf2_sha256, bcrypt_sha256, bcrypt \
                       and argon2 as Django stores them, and plain $2a$, $2b$ or $2y$";

/// A stored text of another program, read.
#[derive(Debug)]
pub(super) enum Imported<'a> {
    /// `pbkdf2_sha256$iterations$salt$base64(hash)`.
    Pbkdf2(pbkdf2::Stored<'a>),
    /// `bcrypt_sha256$` and a bcrypt string: bcrypt of the hexadecimal SHA-256.
    BcryptSha256(&'a str),
    /// A bcrypt string, with or without `bcrypt$` in front.
    Bcrypt(&'a str),
    /// `argon2` and a PHC string.
    Argon2(argon2::Stored),
}

impl<'a> Imported<'a> {
    /// Reads a stored text.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn parse(text: &'a str) -> Result<Self, &'static str> {
        if text.len() > MAX_STORED {
            return Err("is longer than 512 bytes");
        }
        if text.starts_with("$2") {
            return bcrypt::parse(text).map(Self::Bcrypt);
        }
        match text.split_once('$') {
            Some(("pbkdf2_sha256", rest)) => pbkdf2::Stored::parse(rest).map(Self::Pbkdf2),
            Some(("bcrypt_sha256", rest)) => bcrypt::parse(rest).map(Self::BcryptSha256),
            Some(("bcrypt", rest)) => bcrypt::parse(rest).map(Self::Bcrypt),
            Some(("argon2", rest)) => argon2::Stored::parse(rest).map(Self::Argon2),
            _ => Err(UNKNOWN),
        }
    }

    /// Whether these bytes are the password (slow).
    pub(super) fn verify(&self, password: &[u8]) -> bool {
        match self {
            Self::Pbkdf2(stored) => stored.verify(password),
            Self::BcryptSha256(hash) => bcrypt::verify(hex_sha256(password).as_bytes(), hash),
            Self::Bcrypt(hash) => bcrypt::verify(password, hash),
            Self::Argon2(stored) => stored.verify(password),
        }
    }
}

fn hex_sha256(bytes: &[u8]) -> Zeroizing<String> {
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or_default();
    let digits = sha256(bytes).into_iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]);
    Zeroizing::new(digits.collect())
}

/// A decimal number without sign, at most nine digits.
fn number(text: &str) -> Option<u32> {
    let is_number = (1..=9).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests;
