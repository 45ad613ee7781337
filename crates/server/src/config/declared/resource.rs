//! `[[resources]]`: APIs that access tokens are for (RFC 8707).

use keywright_core::resource::Resource;

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
    for problem in resource.problems() {
        let (name, sentence) = problem.split_once(": ").unwrap_or(("resource", &problem));
        table.problem(name, sentence);
    }
    Some(resource)
}
