//! `[[clients]]`: RFC 7591 metadata, an id and a secret.

use keywright_core::client::authenticate::check_chosen_secret;
use keywright_core::client::metadata::ClientMetadata;
use keywright_core::id::ClientId;

use super::ClientDeclaration;
use super::table::Table;

const MEMBERS: [&str; 24] = [
    "client_name",
    "client_uri",
    "tos_uri",
    "policy_uri",
    "redirect_uris",
    "post_logout_redirect_uris",
    "grant_types",
    "application_type",
    "token_endpoint_auth_method",
    "scope",
    "id_token_signed_response_alg",
    "default_max_age",
    "require_auth_time",
    "default_acr_values",
    "require_pkce",
    "first_party",
    "strict_scope",
    "default_resource",
    "resources",
    "access_token_lifetime",
    "id_token_lifetime",
    "id_token_claims",
    "refresh_token_idle_lifetime",
    "refresh_token_lifetime",
];

const SPANS: [&str; 5] = [
    "default_max_age",
    "access_token_lifetime",
    "id_token_lifetime",
    "refresh_token_idle_lifetime",
    "refresh_token_lifetime",
];

pub(super) fn read(table: &mut Table<'_>) -> Option<ClientDeclaration> {
    let id = table
        .text("client_id")
        .and_then(|id| ClientId::parse(&id).map_err(|why| table.problem("client_id", why)).ok());
    let secret = table.secret("client_secret");
    if let Some(Err(why)) = secret.as_ref().map(check_chosen_secret) {
        table.problem("client_secret", format!("{why}; `openssl rand -hex 32` makes one"));
    }
    for name in SPANS {
        table.span(name);
    }
    let metadata: ClientMetadata = table.document(&MEMBERS, &toml::Table::new())?;
    for problem in metadata.problems() {
        match problem.split_once(": ") {
            Some((name, sentence)) => table.problem(name, sentence),
            None => table.problem("client", &problem),
        }
    }
    match (&secret, metadata.is_public()) {
        (Some(_), true) => table.problem(
            "client_secret",
            "a public client (token_endpoint_auth_method = \"none\") has none; remove it",
        ),
        (None, false) => table.problem(
            "client_secret",
            "is missing; give one, as client_secret_file or client_secret_env too, or set \
             token_endpoint_auth_method = \"none\" for a public client",
        ),
        _ => {}
    }
    Some(ClientDeclaration { id: id?, secret, metadata })
}

#[cfg(test)]
mod tests {
    use keywright_core::keys::algorithm::Algorithm;
    use keywright_core::time::Seconds;
    use url::Url;

    use super::*;

    #[test]
    fn every_member_of_client_metadata_may_be_declared() {
        let url = || Url::parse("https://c.example").ok();
        let full = ClientMetadata {
            client_uri: url(),
            tos_uri: url(),
            policy_uri: url(),
            token_endpoint_auth_method: serde_json::from_str("\"none\"").ok(),
            scope: Some(String::new()),
            id_token_signed_response_alg: Algorithm::RS256,
            default_max_age: Some(Seconds(1)),
            default_acr_values: vec![String::new()],
            default_resource: Some(String::new()),
            resources: Some(Vec::new()),
            access_token_lifetime: Some(Seconds(1)),
            id_token_lifetime: Some(Seconds(1)),
            id_token_claims: Some(Vec::new()),
            refresh_token_idle_lifetime: Some(Seconds(1)),
            refresh_token_lifetime: Some(Seconds(1)),
            ..ClientMetadata::default()
        };
        let value = serde_json::to_value(&full).unwrap();
        let mut names: Vec<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
        let mut members = MEMBERS.to_vec();
        names.sort_unstable();
        members.sort_unstable();
        assert_eq!(names, members);
    }
}
