//! The `claims` request parameter (OIDC Core section 5.5): claims that a client asks for one by
//! one.
//!
//! Owns the syntax, and what is kept of it for a client. What is released is the business of
//! [`super::requested`].

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{is_available, scope_of};
use crate::client::metadata::ClientMetadata;
use crate::error::{Error, ErrorCode};
use crate::id::Subject;

/// Most bytes of the parameter.
const LONGEST: usize = 8 * 1024;

/// How deep a wished value may be nested.
const DEEPEST: usize = 4;

/// Claim names, each with what is wished of it.
pub type Wishes = BTreeMap<String, Wish>;

/// What a client wishes, by the place where it wants to read it. Written down, it is a `claims`
/// parameter again.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ClaimsRequest {
    /// At UserInfo.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub userinfo: Wishes,
    /// In the ID token.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub id_token: Wishes,
}

/// What is wished of one claim (OIDC Core section 5.5.1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Wish {
    /// The client cannot do without it. No error follows from that, but for `acr` and `sub`.
    #[serde(default)]
    pub essential: bool,
    /// One of these, the best first; none: any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Value>,
}

impl Wish {
    /// Whether a claim with this value is what was wished.
    pub fn allows(&self, value: &Value) -> bool {
        self.values.is_empty() || self.values.contains(value)
    }
}

impl ClaimsRequest {
    /// Parses the parameter. Members that nobody defined are ignored; `userinfo` and `id_token`
    /// must be objects, a claim in them null or an object.
    ///
    /// # Errors
    /// `invalid_request` for anything else, more than 8 KiB, or values nested deeper than 4.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.len() > LONGEST {
            return Err(refuse("claims is longer than 8 KiB"));
        }
        let Ok(Value::Object(mut members)) = serde_json::from_str(text) else {
            return Err(refuse("claims is not a JSON object"));
        };
        let mut wishes = |name: &str| match members.remove(name) {
            None => Ok(Wishes::new()),
            Some(Value::Object(claims)) => claims.into_iter().map(wish).collect(),
            Some(_) => Err(refuse(format!("{name} in claims is not an object"))),
        };
        Ok(Self { userinfo: wishes("userinfo")?, id_token: wishes("id_token")? })
    }

    /// Keeps what this client may have: claims that exist and that a scope covers which it may
    /// ask for, `sub`, and `acr` in the ID token. The rest is left out, as a voluntary claim
    /// that a user does not have.
    #[must_use]
    pub fn available_to(mut self, client: &ClientMetadata) -> Self {
        self.userinfo.retain(|name, _| name == "sub" || is_available(client, name));
        self.id_token
            .retain(|name, _| matches!(name.as_str(), "sub" | "acr") || is_available(client, name));
        self
    }

    /// The names of the claims about the user, in either place: what consent is about.
    pub fn about_the_user(&self) -> BTreeSet<&str> {
        let names = self.userinfo.keys().chain(self.id_token.keys()).map(String::as_str);
        names.filter(|name| scope_of(name).is_some()).collect()
    }

    /// Whether the request is about this user, or about no certain one (`sub` with a value).
    pub fn is_about(&self, subject: &Subject) -> bool {
        let subject = Value::from(subject.as_str());
        let wishes = [&self.userinfo, &self.id_token].into_iter().filter_map(|w| w.get("sub"));
        wishes.into_iter().all(|wish| wish.allows(&subject))
    }
}

fn wish((name, value): (String, Value)) -> Result<(String, Wish), Error> {
    let wrong = |what: &str| refuse(format!("A claim in claims {what}"));
    let mut members = match value {
        Value::Null => Map::new(),
        Value::Object(members) => members,
        _ => return Err(wrong("is neither null nor an object")),
    };
    let essential = match members.remove("essential") {
        None => false,
        Some(Value::Bool(essential)) => essential,
        Some(_) => return Err(wrong("has an essential that is neither true nor false")),
    };
    let values = match (members.remove("value"), members.remove("values")) {
        (None, None) => Vec::new(),
        (Some(value), None) => vec![value],
        (None, Some(Value::Array(values))) if !values.is_empty() => values,
        (None, Some(_)) => return Err(wrong("has values that are not an array, or an empty one")),
        (Some(_), Some(_)) => return Err(wrong("has both value and values")),
    };
    if values.iter().any(|value| depth(value) > DEEPEST) {
        return Err(wrong("has a value that is nested too deep"));
    }
    if matches!(name.as_str(), "sub" | "acr") && !values.iter().all(Value::is_string) {
        return Err(wrong("is sub or acr and has a value that is not a string"));
    }
    Ok((name, Wish { essential, values }))
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 1,
    }
}

fn refuse(description: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::refused(ErrorCode::InvalidRequest, description)
}

#[cfg(test)]
mod tests;
