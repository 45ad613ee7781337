//! `[[users]]`.

use keywright_core::account::password::check_policy;
use keywright_core::account::user::{check_login, normalize_login};
use keywright_core::id::Subject;
use keywright_core::secret::Secret;
use serde_json::{Map, Value};

use super::table::Table;
use super::{Password, UserDeclaration};

/// How every stored password begins: the scheme of `keywright_core::account::password`, bcrypt.
const STORED: &str = "kw1$2";

pub(super) fn read(table: &mut Table<'_>) -> Option<UserDeclaration> {
    let login = table.text("login").map(|login| normalize_login(&login));
    if let Some(Err(why)) = login.as_deref().map(check_login) {
        table.problem("login", why);
    }
    let plain = table.secret("password");
    if let Some(Err(why)) = plain.as_ref().map(check_policy) {
        table.problem("password", why);
    }
    let hashed = table.member::<String>("password_hash").map(Secret::new);
    if plain.is_some() && hashed.is_some() {
        table.problem("password_hash", "is given beside a password; keep one of them");
    }
    if hashed.as_ref().is_some_and(|hash| !hash.expose().starts_with(STORED)) {
        let why = "is not what Keywright stores of a password; give the password itself, as \
                   password_file or password_env";
        table.problem("password_hash", why);
    }
    let subject = table.member::<String>("subject");
    let fits = |subject: &str| (1..=255).contains(&subject.len()) && subject.is_ascii();
    if subject.as_deref().is_some_and(|subject| !fits(subject)) {
        table.problem("subject", "must be 1 to 255 ASCII characters (OIDC Core section 2)");
    }
    let claims = table.member::<Map<String, Value>>("claims").unwrap_or_default();
    Some(UserDeclaration {
        login: login?,
        password: plain.map(Password::Plain).or(hashed.map(Password::Hashed)),
        subject: subject.map(Subject::new),
        claims,
        groups: table.member("groups").unwrap_or_default(),
        roles: table.member("roles").unwrap_or_default(),
    })
}
