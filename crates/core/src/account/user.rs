//! Users: login names, and what makes one valid.

use unicode_normalization::UnicodeNormalization as _;

/// The role of a user who administers Keywright itself.
pub const ADMIN: &str = "admin";

/// Brings a login name into the form in which it is stored and compared: NFKC, lower case,
/// no surrounding white space. Again, it changes nothing: white space is cut last, since NFKC
/// makes some of characters that are none, and a lower case letter is composed anew.
pub fn normalize_login(typed: &str) -> String {
    let lower = typed.nfkc().collect::<String>().to_lowercase();
    lower.nfkc().collect::<String>().trim().to_owned()
}

/// Whether a text may be a `sub`: 1 to 255 ASCII characters (OIDC Core section 2).
///
/// # Errors
/// A sentence that says what to do.
pub fn check_subject(subject: &str) -> Result<(), &'static str> {
    let fits = (1..=255).contains(&subject.len()) && subject.is_ascii();
    if fits { Ok(()) } else { Err("must be 1 to 255 ASCII characters (OIDC Core section 2)") }
}

/// Whether a normalised login name may be used: 1 to 254 characters, no white space, no
/// control characters.
///
/// # Errors
/// A sentence that says what to do.
pub fn check_login(login: &str) -> Result<(), &'static str> {
    if login.is_empty() {
        return Err("the login name is empty");
    }
    if login.chars().count() > 254 {
        return Err("the login name has more than 254 characters");
    }
    if login.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err("the login name has white space or a control character");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::normalize_login;

    #[test]
    fn what_is_normal_stays_as_it_is() {
        assert_eq!(normalize_login(" Ada\u{a0}"), "ada");
        for typed in ["\u{a8}", "\u{130}stanbul", "\u{fb01}x", "\u{1e9e}", " \u{2002}A\u{308} "] {
            let normal = normalize_login(typed);
            assert_eq!(normalize_login(&normal), normal, "{typed:?}");
        }
    }
}
