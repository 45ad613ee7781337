//! `[[users]]`.

use keywright_core::account::password::{check_policy, check_stored};
use keywright_core::account::user::{check_login, check_subject, normalize_login};
use keywright_core::claims::stored;
use keywright_core::id::Subject;
use serde_json::{Map, Value};

use super::table::Table;
use super::{Password, UserDeclaration};

pub(super) fn read(table: &mut Table<'_>) -> Option<UserDeclaration> {
    let login = table.text("login").map(|login| normalize_login(&login));
    if let Some(Err(why)) = login.as_deref().map(check_login) {
        table.problem("login", why);
    }
    let plain = table.secret("password");
    if let Some(Err(why)) = plain.as_ref().map(check_policy) {
        table.problem("password", why);
    }
    let hashed = table.hidden("password_hash");
    if plain.is_some() && hashed.is_some() {
        table.problem("password_hash", "is given beside a password; keep one of them");
    }
    if let Some(Err(why)) = hashed.as_ref().map(|hash| check_stored(hash.expose())) {
        table.problem("password_hash", why);
    }
    let subject = table.member::<String>("subject");
    if let Some(Err(why)) = subject.as_deref().map(check_subject) {
        table.problem("subject", why);
    }
    let claims = table.member::<Map<String, Value>>("claims").unwrap_or_default();
    if let Err(why) = stored::check(&claims) {
        table.problem("claims", why);
    }
    Some(UserDeclaration {
        login: login?,
        password: plain.map(Password::Plain).or(hashed.map(Password::Hashed)),
        subject: subject.map(Subject::new),
        claims,
        groups: table.member("groups").unwrap_or_default(),
        roles: table.member("roles").unwrap_or_default(),
    })
}
