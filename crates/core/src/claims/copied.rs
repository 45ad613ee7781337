//! Claims about the user that an operator puts into access tokens, flat beside those of the
//! protocol (RFC 9068 section 2.2.3), and which names are not his to give.

use serde_json::{Map, Value};

use super::find;
use crate::store::UserRow;

/// What the protocol says in a token or in an introspection answer. No user claim may stand
/// there in its place.
const RESERVED: &[&str] = &[
    "iss",
    "sub",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "azp",
    "sid",
    "nonce",
    "auth_time",
    "acr",
    "amr",
    "at_hash",
    "c_hash",
    "s_hash",
    "client_id",
    "scope",
    "cnf",
    "act",
    "may_act",
    "events",
    "authorization_details",
    "token_type",
    "user_id",
    "active",
    "username",
    "_claim_names",
    "_claim_sources",
];

/// Checks the names of an `access_token_claims` or `id_token_claims` list.
///
/// # Errors
/// A sentence for the first name that no user claim may have.
pub fn check_names(names: &[String]) -> Result<(), String> {
    for name in names {
        if name.is_empty() || name.len() > 255 || name.chars().any(char::is_control) {
            return Err(format!("{name:?} is no claim name"));
        }
        if RESERVED.contains(&name.as_str()) {
            return Err(format!("{name:?} is decided by the protocol; remove it"));
        }
    }
    Ok(())
}

/// Of the named claims those that the user has. `groups` is always there, as an array.
pub fn of(user: &UserRow, names: &[String]) -> Map<String, Value> {
    let free = names.iter().filter(|name| !RESERVED.contains(&name.as_str()));
    free.filter_map(|name| find(user, name).map(|value| (name.clone(), value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_protocol_says_is_not_for_users_to_say() {
        let check = |name: &str| check_names(&["groups".into(), name.into()]);
        for name in ["iss", "sub", "aud", "exp", "scope", "client_id", "cnf", "active", "", "a\n"] {
            assert!(check(name).is_err(), "{name:?}");
        }
        for name in ["email", "name", "preferred_username", "roles", "entitlements", "department"] {
            assert!(check(name).is_ok(), "{name}");
        }
    }
}
