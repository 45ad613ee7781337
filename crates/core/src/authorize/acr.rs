//! Authentication context classes (OIDC Core sections 2 and 5.5.1.1): which there are, and which
//! one a request wants.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::claims::request::ClaimsRequest;
use crate::client::metadata::ClientMetadata;

/// The `acr` of a login with one factor.
pub const ACR_SINGLE_FACTOR: &str = "urn:keywright:acr:1fa";

/// Every `acr` that a login can have.
pub const SUPPORTED: &[&str] = &[ACR_SINGLE_FACTOR];

/// What a request wants `acr` to be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcrWish {
    /// One of these, the best first; none: any.
    pub values: Vec<String>,
    /// Anything else is of no use to the client. Otherwise it is told what it got.
    pub essential: bool,
}

impl AcrWish {
    /// Out of the `claims` parameter; else `acr_values`; else the client's
    /// `default_acr_values`. The last two are voluntary.
    pub fn new(claims: &ClaimsRequest, acr_values: Option<&str>, client: &ClientMetadata) -> Self {
        if let Some(wish) = claims.id_token.get("acr").filter(|wish| !wish.values.is_empty()) {
            let values = wish.values.iter().filter_map(Value::as_str).map(str::to_owned);
            return Self { values: values.collect(), essential: wish.essential };
        }
        let named = acr_values.unwrap_or_default().split(' ').filter(|value| !value.is_empty());
        let named: Vec<String> = named.map(str::to_owned).collect();
        let values = if named.is_empty() { client.default_acr_values.clone() } else { named };
        Self { values, essential: false }
    }

    /// Whether an authentication of this class is what is wanted.
    pub fn is_met(&self, acr: &str) -> bool {
        self.values.is_empty() || self.values.iter().any(|value| value == acr)
    }

    /// Whether some login would be.
    pub fn is_reachable(&self) -> bool {
        self.values.is_empty() || SUPPORTED.iter().any(|acr| self.is_met(acr))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn claims(acr: &Value) -> ClaimsRequest {
        ClaimsRequest::parse(&json!({"id_token": {"acr": acr}}).to_string()).unwrap()
    }

    #[test]
    fn the_claims_parameter_goes_before_acr_values_and_these_before_the_default() {
        let client =
            ClientMetadata { default_acr_values: vec!["d".into()], ..ClientMetadata::default() };
        let asked = claims(&json!({"essential": true, "values": ["a", "b"]}));
        let wish = AcrWish::new(&asked, Some("c"), &client);
        assert_eq!((wish.values, wish.essential), (vec!["a".to_owned(), "b".into()], true));
        let any = claims(&json!({"essential": true}));
        let wish = AcrWish::new(&any, Some(" c  e "), &client);
        assert_eq!((wish.values, wish.essential), (vec!["c".to_owned(), "e".into()], false));
        let wish = AcrWish::new(&ClaimsRequest::default(), None, &client);
        assert_eq!((wish.values, wish.essential), (vec!["d".to_owned()], false));
    }

    #[test]
    fn a_wish_without_values_is_always_met() {
        let wish = AcrWish::new(&ClaimsRequest::default(), None, &ClientMetadata::default());
        assert!(wish.is_met("anything") && wish.is_reachable());
        let gold = claims(&json!({"value": "gold"}));
        let wish = AcrWish::new(&gold, None, &ClientMetadata::default());
        assert!(!wish.is_met(ACR_SINGLE_FACTOR) && !wish.is_reachable() && !wish.essential);
    }

    proptest! {
        #[test]
        fn any_acr_values_are_a_voluntary_wish(text in ".{0,100}") {
            let client = ClientMetadata::default();
            let wish = AcrWish::new(&ClaimsRequest::default(), Some(&text), &client);
            prop_assert!(!wish.essential && wish.values.iter().all(|v| !v.contains(' ')));
        }
    }
}
