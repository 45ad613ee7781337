//! Claims about a user (OIDC Core section 5), chosen by scope.

use serde_json::{Map, Value};

use crate::scope::ScopeSet;
use crate::store::UserRow;

/// The claims that a scope asks for (OIDC Core section 5.4).
pub const BY_SCOPE: &[(&str, &[&str])] = &[
    (
        "profile",
        &[
            "name",
            "family_name",
            "given_name",
            "middle_name",
            "nickname",
            "preferred_username",
            "profile",
            "picture",
            "website",
            "gender",
            "birthdate",
            "zoneinfo",
            "locale",
            "updated_at",
        ],
    ),
    ("email", &["email", "email_verified"]),
    ("address", &["address"]),
    ("phone", &["phone_number", "phone_number_verified"]),
    ("groups", &["groups"]),
];

/// The claims of `user` that `scopes` release, without `sub`. No nulls, no empty strings;
/// booleans are booleans; `groups` is an array, empty when the user has none.
pub fn for_scopes(user: &UserRow, scopes: &ScopeSet) -> Map<String, Value> {
    let names = BY_SCOPE.iter().filter(|(scope, _)| scopes.contains(scope));
    names
        .flat_map(|(_, names)| names.iter())
        .filter_map(|name| find(user, name).map(|value| ((*name).to_owned(), value)))
        .collect()
}

/// One claim of a user by name.
pub fn find(user: &UserRow, name: &str) -> Option<Value> {
    let computed = match name {
        "groups" => Some(Value::from(user.groups.clone())),
        "updated_at" => Some(Value::from(user.updated_at.0)),
        "preferred_username" => Some(Value::from(user.login.clone())),
        "email_verified" if user.claims.contains_key("email") => Some(Value::Bool(false)),
        _ => None,
    };
    let stored = user.claims.get(name).filter(|value| match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        _ => true,
    });
    match name {
        "groups" | "updated_at" => computed,
        _ => stored.cloned().or(computed),
    }
}
