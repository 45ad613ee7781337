//! RFC 7591 metadata as flags.

use keywright_core::client::metadata::ClientMetadata;
use keywright_core::keys::algorithm::Algorithm;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::config::{Raw, disabled_algorithm};
use crate::failure::Failure;

/// A flag per member of the metadata, under its RFC 7591 name; repeatable ones in the singular.
#[derive(Debug, clap::Args)]
pub(super) struct Flags {
    /// What the consent page calls the client
    #[arg(long, value_name = "NAME")]
    client_name: Option<String>,
    /// Its home page
    #[arg(long, value_name = "URL")]
    client_uri: Option<String>,
    /// Its terms of service
    #[arg(long, value_name = "URL")]
    tos_uri: Option<String>,
    /// Its privacy policy
    #[arg(long, value_name = "URL")]
    policy_uri: Option<String>,
    /// Where codes may be sent (repeatable)
    #[arg(long = "redirect-uri", value_name = "URI")]
    redirect_uris: Vec<String>,
    /// Where a logout may end (repeatable)
    #[arg(long = "post-logout-redirect-uri", value_name = "URI")]
    post_logout_redirect_uris: Vec<String>,
    /// `authorization_code`, `refresh_token`, `client_credentials` (repeatable)
    /// [default: `authorization_code`]
    #[arg(long = "grant-type", value_name = "TYPE")]
    grant_types: Vec<String>,
    /// web or native [default: web]
    #[arg(long, value_name = "TYPE")]
    application_type: Option<String>,
    /// none (a public client), `client_secret_basic` or `client_secret_post`
    /// [default: either of the last two]
    #[arg(long, value_name = "METHOD")]
    token_endpoint_auth_method: Option<String>,
    /// The scopes it may ask for, separated by spaces
    #[arg(long, value_name = "SCOPES")]
    scope: Option<String>,
    /// Algorithm of its ID tokens [default: RS256]
    #[arg(long, value_name = "ALG")]
    id_token_signed_response_alg: Option<String>,
    /// Default of `max_age`
    #[arg(long, value_name = "SPAN", value_parser = span)]
    default_max_age: Option<i64>,
    /// The ID token must have `auth_time` (it always does)
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true,
          default_missing_value = "true")]
    require_auth_time: Option<bool>,
    /// Default of `acr_values` (repeatable)
    #[arg(long = "default-acr-value", value_name = "ACR")]
    default_acr_values: Vec<String>,
    /// Whether PKCE is required [default: true]
    #[arg(long, value_name = "BOOL")]
    require_pkce: Option<bool>,
    /// Belongs to you: its users are not asked for consent
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true,
          default_missing_value = "true")]
    first_party: Option<bool>,
    /// Refuse unknown scopes in place of ignoring them
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true,
          default_missing_value = "true")]
    strict_scope: Option<bool>,
    /// The resource of a token that names none
    #[arg(long, value_name = "URI")]
    default_resource: Option<String>,
    /// A resource that it may get tokens for (repeatable) [default: every one]
    #[arg(long = "resource", value_name = "URI")]
    resources: Vec<String>,
    /// Upper bound of its access tokens' lifetime
    #[arg(long, value_name = "SPAN", value_parser = span)]
    access_token_lifetime: Option<i64>,
    /// Upper bound of its ID tokens' lifetime
    #[arg(long, value_name = "SPAN", value_parser = span)]
    id_token_lifetime: Option<i64>,
    /// A claim about the user that its ID tokens may carry (repeatable) [default: every one that
    /// the granted scopes release]
    #[arg(long = "id-token-claim", value_name = "CLAIM")]
    id_token_claims: Vec<String>,
    /// Lifetime of its refresh tokens without use
    #[arg(long, value_name = "SPAN", value_parser = span)]
    refresh_token_idle_lifetime: Option<i64>,
    /// Lifetime of its grants in any case
    #[arg(long, value_name = "SPAN", value_parser = span)]
    refresh_token_lifetime: Option<i64>,
}

/// Members that are absent unless they are given.
const OPTIONAL: [&str; 14] = [
    "client_uri",
    "tos_uri",
    "policy_uri",
    "token_endpoint_auth_method",
    "scope",
    "default_max_age",
    "default_acr_values",
    "default_resource",
    "resources",
    "id_token_lifetime",
    "id_token_claims",
    "access_token_lifetime",
    "refresh_token_idle_lifetime",
    "refresh_token_lifetime",
];

/// A span of time as a flag, in seconds.
pub(in crate::cli) fn span(text: &str) -> Result<i64, String> {
    Raw::Text(text.to_owned()).seconds().map(|span| span.0)
}

impl Flags {
    /// The metadata, if it may be registered where these algorithms are enabled.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub(super) fn metadata(&self, enabled: &[Algorithm]) -> Result<ClientMetadata, Failure> {
        read(self.document(), enabled)
    }

    /// Other metadata: what is given replaces what `known` has, what is `cleared` goes back to
    /// its default.
    ///
    /// # Errors
    /// Everything that is wrong with it, and a member to clear that there is not.
    pub(super) fn changed(
        &self,
        known: &ClientMetadata,
        cleared: &[String],
        enabled: &[Algorithm],
    ) -> Result<ClientMetadata, Failure> {
        let Value::Object(mut document) = serde_json::to_value(known)? else {
            return Err(Failure::new("the client's metadata is no document"));
        };
        for name in cleared {
            // Members that are absent by default are not in the document.
            if document.remove(name).is_none() && !OPTIONAL.contains(&name.as_str()) {
                return Err(Failure::new(format!("client metadata has no member {name:?}"))
                    .hint("members have the names that `keywright clients show -o json` prints"));
            }
        }
        document.extend(self.document());
        read(document, enabled)
    }

    fn document(&self) -> Map<String, Value> {
        let list = |items: &Vec<String>| (!items.is_empty()).then(|| json!(items));
        let text = |item: &Option<String>| item.as_ref().map(|text| json!(text));
        let span = |item: Option<i64>| item.map(|seconds| json!(seconds));
        let truth = |item: Option<bool>| item.map(|on| json!(on));
        let members = [
            ("client_name", text(&self.client_name)),
            ("client_uri", text(&self.client_uri)),
            ("tos_uri", text(&self.tos_uri)),
            ("policy_uri", text(&self.policy_uri)),
            ("redirect_uris", list(&self.redirect_uris)),
            ("post_logout_redirect_uris", list(&self.post_logout_redirect_uris)),
            ("grant_types", list(&self.grant_types)),
            ("application_type", text(&self.application_type)),
            ("token_endpoint_auth_method", text(&self.token_endpoint_auth_method)),
            ("scope", text(&self.scope)),
            ("id_token_signed_response_alg", text(&self.id_token_signed_response_alg)),
            ("default_max_age", span(self.default_max_age)),
            ("require_auth_time", truth(self.require_auth_time)),
            ("default_acr_values", list(&self.default_acr_values)),
            ("require_pkce", truth(self.require_pkce)),
            ("first_party", truth(self.first_party)),
            ("strict_scope", truth(self.strict_scope)),
            ("default_resource", text(&self.default_resource)),
            ("resources", list(&self.resources)),
            ("access_token_lifetime", span(self.access_token_lifetime)),
            ("id_token_lifetime", span(self.id_token_lifetime)),
            ("id_token_claims", list(&self.id_token_claims)),
            ("refresh_token_idle_lifetime", span(self.refresh_token_idle_lifetime)),
            ("refresh_token_lifetime", span(self.refresh_token_lifetime)),
        ];
        let given = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        given.collect()
    }
}

fn read(document: Map<String, Value>, enabled: &[Algorithm]) -> Result<ClientMetadata, Failure> {
    let mut problems = Vec::new();
    for (name, value) in &document {
        let alone = Map::from_iter([(name.clone(), value.clone())]);
        if let Err(error) = parse::<ClientMetadata>(alone) {
            problems.push(format!("{name}: {error}"));
        }
    }
    let metadata: ClientMetadata = match parse(document) {
        Ok(metadata) if problems.is_empty() => metadata,
        _ => return Err(refused(&problems)),
    };
    problems = metadata.problems();
    let disabled = disabled_algorithm(metadata.id_token_signed_response_alg, enabled);
    problems.extend(disabled.map(|why| format!("id_token_signed_response_alg: {why}")));
    if problems.is_empty() { Ok(metadata) } else { Err(refused(&problems)) }
}

fn parse<T: DeserializeOwned>(document: Map<String, Value>) -> serde_json::Result<T> {
    serde_json::from_value(Value::Object(document))
}

fn refused(problems: &[String]) -> Failure {
    Failure::new(format!("the client cannot be registered: {}", problems.join("; ")))
        .hint("`keywright clients add --help` explains every flag")
}
