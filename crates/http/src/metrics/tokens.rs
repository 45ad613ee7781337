//! Tokens that were issued and refused, by grant type.

use keywright_core::client::metadata::GrantType;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

/// What the token endpoint answered.
#[derive(Debug, Clone)]
pub(crate) struct Tokens {
    issued: Family<Issued, Counter>,
    refused: Family<Refused, Counter>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Issued {
    grant_type: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Refused {
    grant_type: &'static str,
    error: &'static str,
}

impl Default for Tokens {
    /// Every grant type that we know begins at zero, so that a rate sees its first token.
    fn default() -> Self {
        let issued = Family::<Issued, Counter>::default();
        for grant in GrantType::ALL {
            issued.get_or_create(&Issued { grant_type: grant.as_str() }).inc_by(0);
        }
        Self { issued, refused: Family::default() }
    }
}

impl Tokens {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register("tokens_issued", "Token requests that succeeded", self.issued.clone());
        registry.register("token_errors", "Token requests that failed", self.refused.clone());
    }

    /// Tokens were issued.
    pub(crate) fn issued(&self, grant_type: &'static str) {
        self.issued.get_or_create(&Issued { grant_type }).inc();
    }

    /// A token request failed with this code.
    pub(crate) fn refused(&self, grant_type: &'static str, error: &'static str) {
        self.refused.get_or_create(&Refused { grant_type, error }).inc();
    }
}

/// The grant type that a client names, if there is such a one.
pub(crate) fn name_of(grant_type: &str) -> &'static str {
    let known = GrantType::ALL.iter().map(|grant| grant.as_str());
    known.into_iter().find(|known| *known == grant_type).unwrap_or("other")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invented_grant_type_makes_no_label_of_its_own() {
        assert_eq!(name_of("refresh_token"), "refresh_token");
        assert_eq!(name_of("password"), "other");
    }
}
