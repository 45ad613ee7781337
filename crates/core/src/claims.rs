//! Claims about a user (OIDC Core section 5), chosen by scope or one by one.

pub mod copied;
pub mod request;
pub mod stored;
pub mod words;

use serde_json::{Map, Value};

use self::request::Wishes;
use crate::client::metadata::ClientMetadata;
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

/// The claims of `user` that `client` asked for one by one and may still have. One that the user
/// does not have, or not with a value that was wished, is left out.
pub fn requested(user: &UserRow, client: &ClientMetadata, wishes: &Wishes) -> Map<String, Value> {
    let available = wishes.iter().filter(|(name, _)| is_available(client, name));
    available
        .filter_map(|(name, wish)| {
            let value = find(user, name).filter(|value| wish.allows(value))?;
            Some((name.clone(), value))
        })
        .collect()
}

/// The scope that covers a claim; none for a claim that cannot be asked for.
pub fn scope_of(name: &str) -> Option<&'static str> {
    BY_SCOPE.iter().find(|(_, names)| names.contains(&name)).map(|(scope, _)| *scope)
}

/// Whether a client may ask for a claim: it exists, and the client may ask for its scope.
pub fn is_available(client: &ClientMetadata, name: &str) -> bool {
    let registered = client.scope.as_deref();
    scope_of(name).is_some_and(|scope| {
        registered.is_none_or(|registered| registered.split(' ').any(|one| one == scope))
    })
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
