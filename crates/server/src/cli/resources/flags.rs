//! The members of a resource as flags.

use keywright_core::resource::Resource;
use serde_json::{Map, Value, json};

use crate::cli::clients::span;
use crate::config::{Config, disabled_algorithm};
use crate::failure::Failure;

/// What is wrong with a lifetime beyond [`Config::longest_token`].
const TOO_LONG: &str = "access_token_lifetime: its tokens would outlive the keys that signed them; \
                        use at most keys.retired, or make that longer";

/// A flag per member; repeatable ones in the singular.
#[derive(Debug, clap::Args)]
pub(super) struct Flags {
    /// What the consent page calls it
    #[arg(long)]
    name: Option<String>,
    /// A scope, and what the consent page says that it allows: `notes:read=Read your notes`
    /// (repeatable)
    #[arg(long = "scope", value_name = "SCOPE=PHRASE", value_parser = scope)]
    scopes: Vec<Value>,
    /// Algorithm of its access tokens [default: RS256]
    #[arg(long, value_name = "ALG")]
    algorithm: Option<String>,
    /// Lifetime of its access tokens, at most `keys.retired` [default: the server's]
    #[arg(long, value_name = "SPAN", value_parser = span)]
    access_token_lifetime: Option<i64>,
    /// jwt or opaque [default: jwt]
    #[arg(long, value_name = "FORMAT")]
    format: Option<String>,
    /// standard or simplejwt [default: standard]
    #[arg(long, value_name = "PRESET")]
    claim_preset: Option<String>,
    /// A claim about the user that its access tokens carry (repeatable)
    #[arg(long = "access-token-claim", value_name = "CLAIM")]
    access_token_claims: Vec<String>,
    /// A client that may introspect its tokens (repeatable)
    #[arg(long = "server", value_name = "CLIENT_ID")]
    servers: Vec<String>,
    /// Whether, with `openid`, one token serves `/userinfo` too [default: true]
    #[arg(long, value_name = "BOOL")]
    userinfo_audience: Option<bool>,
}

fn scope(text: &str) -> Result<Value, &'static str> {
    let (name, description) = text.split_once('=').ok_or("write SCOPE=PHRASE")?;
    Ok(json!({ "name": name, "description": description }))
}

impl Flags {
    /// What is given, over what `known` has.
    ///
    /// # Errors
    /// Everything that is wrong with the result.
    pub(super) fn over(&self, known: Value, config: &Config) -> Result<Resource, Failure> {
        let Value::Object(mut document) = known else {
            return Err(Failure::new("the resource is no document"));
        };
        let mut problems = Vec::new();
        for (name, value) in self.document() {
            let mut alone = document.clone();
            alone.insert(name.clone(), value.clone());
            if let Err(error) = serde_json::from_value::<Resource>(Value::Object(alone)) {
                problems.push(format!("{name}: {error}"));
            } else {
                document.insert(name, value);
            }
        }
        let resource: Resource = serde_json::from_value(Value::Object(document))?;
        problems.extend(resource.problems());
        let disabled = disabled_algorithm(resource.algorithm, &config.settings.keys.algorithms);
        problems.extend(disabled.map(|why| format!("algorithm: {why}")));
        let lifetime = resource.access_token_lifetime;
        if config.longest_token.is_some_and(|longest| lifetime.is_some_and(|it| it > longest)) {
            problems.push(TOO_LONG.to_owned());
        }
        if problems.is_empty() {
            return Ok(resource);
        }
        Err(Failure::new(format!("the resource cannot be registered: {}", problems.join("; ")))
            .hint("`keywright resources add --help` explains every flag"))
    }

    fn document(&self) -> Map<String, Value> {
        let text = |item: &Option<String>| item.as_ref().map(|text| json!(text));
        let list = |items: &Vec<String>| (!items.is_empty()).then(|| json!(items));
        let members = [
            ("name", text(&self.name)),
            ("scopes", (!self.scopes.is_empty()).then(|| json!(self.scopes))),
            ("access_token_claims", list(&self.access_token_claims)),
            ("algorithm", text(&self.algorithm)),
            ("access_token_lifetime", self.access_token_lifetime.map(|seconds| json!(seconds))),
            ("format", text(&self.format)),
            ("claim_preset", text(&self.claim_preset)),
            ("servers", list(&self.servers)),
            ("userinfo_audience", self.userinfo_audience.map(|joins| json!(joins))),
        ];
        let given = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        given.collect()
    }
}
