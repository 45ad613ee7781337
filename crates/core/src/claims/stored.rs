//! Which claims a user may be given, and of what type they are (OIDC Core section 5.1).

use serde_json::{Map, Value};

use super::{copied, scope_of};

/// What the server answers itself.
const COMPUTED: &[&str] = &["groups", "updated_at"];

/// Checks claims before they are stored. Those of OIDC Core have its types, others any; null stands
/// for a claim that the user does not have.
///
/// # Errors
/// A sentence for the first one that clients would not understand, or that is not the operator's to
/// give.
pub fn check(claims: &Map<String, Value>) -> Result<(), String> {
    for (name, value) in claims {
        copied::check_names(std::slice::from_ref(name))?;
        if COMPUTED.contains(&name.as_str()) {
            return Err(format!("{name:?} is computed by the server; remove it"));
        }
        let (fits, wanted) = match name.as_str() {
            "email_verified" | "phone_number_verified" => (value.is_boolean(), "true or false"),
            "address" => (value.is_object(), "an object"),
            name if is_text(name) => (value.is_string(), "text"),
            _ => continue,
        };
        if !fits && !value.is_null() {
            return Err(format!("{name:?} must be {wanted} (OIDC Core section 5.1)"));
        }
    }
    Ok(())
}

/// Whether the claim is one of OIDC Core that is text.
pub fn is_text(name: &str) -> bool {
    let other = ["email_verified", "phone_number_verified", "address"];
    scope_of(name).is_some() && !other.contains(&name) && !COMPUTED.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(claims: &Value) -> Result<(), String> {
        check(claims.as_object().unwrap())
    }

    #[test]
    fn a_standard_claim_has_the_type_that_clients_expect() {
        let good = json!({
            "name": "Ada", "email_verified": true, "phone_number": "+44 1", "phone_number_verified": false,
            "address": {"locality": "London"}, "nickname": null, "department": ["x", 7], "level": 3,
        });
        assert_eq!(told(&good), Ok(()));
        for bad in [
            json!({"name": 42}),
            json!({"email_verified": "yes"}),
            json!({"phone_number": 12345}),
            json!({"phone_number_verified": "no"}),
            json!({"address": "a street"}),
            json!({"birthdate": {"year": 1815}}),
        ] {
            let why = told(&bad).unwrap_err();
            assert!(why.contains("OIDC Core section 5.1"), "{bad}: {why}");
        }
    }

    #[test]
    fn what_the_server_says_is_not_for_operators_to_say() {
        for name in ["sub", "iss", "exp", "sid", "updated_at", "groups"] {
            assert!(told(&json!({ name: 1 })).is_err(), "{name}");
        }
    }
}
