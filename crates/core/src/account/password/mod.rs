//! Passwords: what is stored of them, and which are accepted.
//!
//! `bcrypt(base64(HMAC-SHA-256("keywright password v1", NFC(password))))` behind a scheme tag
//! (ADR 4). The HMAC makes every password 44 ASCII characters, so bcrypt neither
//! truncates at 72 bytes nor stumbles over NUL, and a bcrypt hash stolen elsewhere cannot be
//! tried here as it is. Hashing is slow on purpose: never under a lock, never on a worker.
//!
//! What other programs stored is verified as they did (`imported`), and replaced by the above
//! at the next login.

mod imported;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use imported::Imported;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use crate::error::{Error, ErrorCode};
use crate::keys::seal::hmac_sha256;
use crate::random::{self, Random};
use crate::secret::Secret;

/// Longest accepted password in bytes.
pub const MAX_BYTES: usize = 1024;

/// Shortest accepted password in characters.
pub const MIN_CHARACTERS: usize = 8;

/// Names the construction above; a bcrypt string (`$2b$...`) follows.
const SCHEME: &str = "kw1";

const PREHASH_KEY: &[u8] = b"keywright password v1";

/// Costs that bcrypt knows.
const COSTS: std::ops::RangeInclusive<u32> = 4..=31;

/// Says whether a new password will do, and if not, what to do about it.
///
/// # Errors
/// A sentence for the person who chose it.
pub fn check_policy(password: &Secret) -> Result<(), &'static str> {
    if password.expose().len() > MAX_BYTES {
        return Err("The password is too long: use at most 1024 bytes.");
    }
    if password.expose().nfc().count() < MIN_CHARACTERS {
        return Err("The password is too short: use at least 8 characters.");
    }
    Ok(())
}

/// Hashes a password (slow: 240 ms at cost 12, twice that for each step more).
///
/// # Errors
/// `invalid_request` for more than [`MAX_BYTES`]; [`Error::Internal`] for a cost that bcrypt does
/// not know, or without randomness.
pub fn hash(random: &dyn Random, password: &Secret, cost: u32) -> Result<String, Error> {
    if password.expose().len() > MAX_BYTES {
        return Err(Error::refused(ErrorCode::InvalidRequest, "The password is too long."));
    }
    let salt = random::bytes::<16>(random)?;
    let parts = bcrypt::non_truncating_hash_with_salt(prehash(password)?.as_bytes(), cost, salt)
        .map_err(|e| Error::Internal(format!("bcrypt: {e}")))?;
    Ok(format!("{SCHEME}{parts}"))
}

/// Says whether a text from elsewhere (an import, the configuration) may be stored as a password:
/// the scheme above, or one of `imported`, at a cost that a login can bear.
///
/// # Errors
/// What is wrong with it, as a phrase that follows "the password hash". It shows nothing of the text.
pub fn check_stored(stored: &str) -> Result<(), &'static str> {
    match stored.strip_prefix(SCHEME) {
        Some(hash) => imported::bcrypt::parse(hash).map(|_| ()),
        None => Imported::parse(stored).map(|_| ()),
    }
}

/// Verifies a password (slow, as [`hash`]). False for a wrong one, one that is too long, and, at
/// once, for a stored text that [`check_stored`] refuses.
pub fn verify(password: &Secret, stored: &str) -> bool {
    if password.expose().len() > MAX_BYTES {
        return false;
    }
    let Some(hash) = stored.strip_prefix(SCHEME) else {
        let imported = Imported::parse(stored);
        return imported.is_ok_and(|hash| hash.verify(password.expose().as_bytes()));
    };
    let Ok(hash) = imported::bcrypt::parse(hash) else { return false };
    prehash(password)
        .is_ok_and(|text| bcrypt::non_truncating_verify(text.as_bytes(), hash).unwrap_or(false))
}

/// Whether a stored hash should be replaced at the next login: another scheme or another cost.
pub fn needs_rehash(stored: &str, cost: u32) -> bool {
    let parts = stored.strip_prefix(SCHEME).map(str::parse::<bcrypt::HashParts>);
    !matches!(parts, Some(Ok(parts)) if parts.get_cost() == cost)
}

/// A stored text that no password matches and that takes as long to verify as a real one of
/// `cost`: for login names that nobody has.
pub fn dummy(cost: u32) -> String {
    let cost = cost.clamp(*COSTS.start(), *COSTS.end());
    // A salt and a hash of zeros in bcrypt's alphabet.
    format!("{SCHEME}$2b${cost:02}${}", ".".repeat(22 + 31))
}

fn prehash(password: &Secret) -> Result<Zeroizing<String>, Error> {
    let normal = Zeroizing::new(password.expose().nfc().collect::<String>());
    let digest = hmac_sha256(PREHASH_KEY, normal.as_bytes())?;
    Ok(Zeroizing::new(STANDARD.encode(digest.0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::OsRandom;

    const COST: u32 = 4;

    fn stored(password: &str) -> String {
        hash(&OsRandom, &Secret::new(password), COST).unwrap()
    }

    fn matches(password: &str, stored: &str) -> bool {
        verify(&Secret::new(password), stored)
    }

    #[test]
    fn a_password_matches_its_own_hash_alone() {
        let stored = stored("correct horse");
        assert!(stored.starts_with("kw1$2b$04$"), "{stored}");
        assert!(matches("correct horse", &stored));
        assert!(!matches("correct horsf", &stored));
        assert!(!matches("", &stored));
    }

    #[test]
    fn the_same_password_is_salted_anew() {
        assert_ne!(stored("correct horse"), stored("correct horse"));
    }

    #[test]
    fn composed_and_decomposed_spellings_are_the_same_password() {
        let stored = stored("caf\u{e9} \u{1e9b}\u{323}");
        assert!(matches("cafe\u{301} \u{1e9b}\u{323}", &stored));
        assert!(!matches("cafe \u{1e9b}\u{323}", &stored));
    }

    #[test]
    fn a_nul_is_a_character_like_any_other() {
        let stored = stored("a");
        assert!(!matches("a\0", &stored));
        assert!(!matches("a\0a", &stored));
        assert!(!matches("", &super::tests::stored("\0")));
    }

    #[test]
    fn every_byte_beyond_the_72nd_counts() {
        let long = "a".repeat(72);
        let stored = stored(&long);
        assert!(matches(&long, &stored));
        assert!(!matches(&"a".repeat(71), &stored));
        assert!(!matches(&"a".repeat(73), &stored));
        assert!(!matches(&format!("{long}ZZZ"), &stored));
    }

    #[test]
    fn a_password_of_1024_bytes_is_hashed_and_one_of_1025_refused() {
        let stored = stored(&"a".repeat(MAX_BYTES));
        assert!(matches(&"a".repeat(MAX_BYTES), &stored));
        let long = Secret::new("a".repeat(MAX_BYTES + 1));
        let error = hash(&OsRandom, &long, COST).unwrap_err();
        assert_eq!(error.code(), Some(ErrorCode::InvalidRequest));
        assert!(!verify(&long, &stored));
        assert!(check_policy(&long).is_err());
    }

    #[test]
    fn the_policy_counts_characters_and_not_bytes() {
        assert!(check_policy(&Secret::new("1234567")).is_err());
        assert!(check_policy(&Secret::new("12345678")).is_ok());
        assert!(check_policy(&Secret::new("\u{e9}".repeat(7))).is_err());
        assert!(check_policy(&Secret::new("e\u{301}".repeat(7))).is_err());
        assert!(check_policy(&Secret::new("")).is_err());
    }

    #[test]
    fn only_what_can_be_verified_at_a_bearable_cost_may_be_stored() {
        assert_eq!(check_stored(&stored("correct horse")), Ok(()));
        assert_eq!(check_stored(&stored("correct horse").replace("kw1", "")), Ok(()));
        for text in ["", "kw1", "kw2$2b$04$", "correct horse", "kw1$2b$31$"] {
            assert!(check_stored(text).is_err(), "{text}");
        }
        assert!(check_stored(&dummy(16)).is_ok());
        assert!(check_stored(&dummy(17)).is_err());
        // Would take hours if it were tried.
        assert!(!matches("correct horse", &stored("correct horse").replace("$04$", "$27$")));
    }

    #[test]
    fn a_stored_text_of_another_scheme_or_broken_never_matches() {
        let bare = stored("correct horse").replace("kw1", "");
        for text in ["", "kw1", "kw1$2b$04$", "kw1$2b$04$\u{e9}", "kw2$2b$04$", bare.as_str()] {
            assert!(!matches("correct horse", text), "{text}");
        }
    }

    #[test]
    fn a_hash_of_another_cost_or_scheme_is_due_for_a_new_one() {
        let stored = stored("correct horse");
        assert!(!needs_rehash(&stored, COST));
        assert!(needs_rehash(&stored, COST + 1));
        assert!(needs_rehash("$2b$04$", COST));
    }

    #[test]
    fn the_dummy_is_a_hash_of_its_cost_that_no_password_matches() {
        let dummy = dummy(COST);
        assert!(!needs_rehash(&dummy, COST));
        for password in ["", "password", "correct horse"] {
            assert!(!matches(password, &dummy));
        }
    }

    #[test]
    fn a_cost_that_bcrypt_does_not_know_is_an_error() {
        assert!(hash(&OsRandom, &Secret::new("correct horse"), 3).is_err());
        assert!(hash(&OsRandom, &Secret::new("correct horse"), 32).is_err());
        assert!(dummy(99).starts_with("kw1$2b$31$"));
    }
}
