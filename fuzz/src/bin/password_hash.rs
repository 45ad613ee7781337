//! Stored passwords that somebody brings along, and login names.

#![no_main]

use keywright_core::account::password::{check_stored, needs_rehash, verify};
use keywright_core::account::user::{check_login, normalize_login};
use keywright_core::secret::Secret;
use libfuzzer_sys::fuzz_target;

/// How the text of a hash that costs next to nothing goes on after its scheme.
const CHEAP: [&str; 6] =
    ["$1$", "$04$", "$argon2i$m=8,", "$argon2i$v=19$m=8,", "$argon2id$m=8,", "$argon2id$v=19$m=8,"];

fuzz_target!(|text: &str| {
    let normal = normalize_login(text);
    assert_eq!(normalize_login(&normal), normal);
    if check_login(&normal).is_ok() {
        assert!(!normal.contains(char::is_whitespace) && !normal.contains(char::is_control));
    }
    needs_rehash(text, 12);
    let password = Secret::new("correct horse battery staple");
    if check_stored(text).is_err() {
        // At once: it is no hash.
        assert!(!verify(&password, text), "what may not be stored is a password");
        return;
    }
    assert!(text.len() <= 512, "a hash of {} bytes", text.len());
    if CHEAP.iter().any(|cheap| text.contains(cheap)) && !text.contains(",t=1") {
        verify(&password, text);
    }
});
