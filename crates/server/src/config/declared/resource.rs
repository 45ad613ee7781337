//! `[[resources]]`: APIs that access tokens are for (RFC 8707).

use keywright_core::claims::copied;
use keywright_core::resource::Resource;
use keywright_core::scope::{STANDARD, ScopeSet};
use url::Url;

use super::table::Table;

const MEMBERS: [&str; 10] = [
    "identifier",
    "name",
    "scopes",
    "algorithm",
    "access_token_lifetime",
    "format",
    "claim_preset",
    "access_token_claims",
    "servers",
    "userinfo_audience",
];

pub(super) fn read(table: &mut Table<'_>) -> Option<Resource> {
    table.span("access_token_lifetime");
    let mut placeholders = toml::Table::new();
    for name in ["identifier", "name"] {
        placeholders.insert(name.to_owned(), toml::Value::String(String::new()));
    }
    let resource: Resource = table.document(&MEMBERS, &placeholders)?;
    if let Err(why) = check_identifier(&resource.identifier) {
        table.problem("identifier", why);
    }
    if resource.name.is_empty() {
        table.problem("name", "is missing; say what the consent page shall call it");
    }
    if let Err(why) = copied::check_names(&resource.access_token_claims) {
        table.problem("access_token_claims", why);
    }
    for scope in &resource.scopes {
        let name = &scope.name;
        if ScopeSet::parse(name).map_or(0, |set| set.len()) != 1 || name.contains(' ') {
            table.problem("scopes", format!("{name:?} is no scope (RFC 6749 section 3.3)"));
        }
        if STANDARD.contains(&name.as_str()) {
            table.problem("scopes", format!("{name:?} belongs to OpenID Connect; rename it"));
        }
    }
    Some(resource)
}

/// An absolute URI without fragment (RFC 8707 section 2).
fn check_identifier(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err("is missing; add it".to_owned());
    }
    let url = Url::parse(text).map_err(|error| format!("{text:?} is no absolute URI ({error})"))?;
    if url.fragment().is_some() {
        return Err(format!("{text:?} has a fragment; remove it"));
    }
    Ok(())
}
