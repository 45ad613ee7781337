//! `keywright clients`.

mod add;
mod change;
mod disable;
mod list;
mod metadata;
mod remove;
mod revoke_tokens;
mod rotate_secret;
mod show;

pub(super) use metadata::span;

use clap::Subcommand;
use keywright_core::client::authenticate::{check_chosen_secret, secret_digest};
use keywright_core::id::{ClientId, RowId};
use keywright_core::secret::Secret;
use keywright_core::store::{ClientRow, ClientSecretRow, Origin, Tx};
use serde_json::{Map, Value, json};

use super::output::{self, Output};
use crate::config::Config;
use crate::failure::Failure;
use crate::wire::{self, Wired};

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Register a client; its generated secret is printed once
    Add(Box<add::Arguments>),
    /// List all clients
    List,
    /// Show a client
    Show(Which),
    /// Change a client's metadata
    ///
    /// What is given replaces what was there. A repeatable flag replaces the whole list: give all of
    /// its items, those that stay, too.
    Change(Box<change::Arguments>),
    /// Let a client do nothing any more: its tokens are dead until it is enabled
    Disable(Which),
    /// Let a client be used again
    Enable(Which),
    /// Give a client another secret; the old ones end at once, or when they are told to
    RotateSecret(rotate_secret::Arguments),
    /// Let everything that was issued to a client until now be dead
    RevokeTokens(Which),
    /// Remove a client with every grant and consent it was given
    ///
    /// A declared client only when the file has it no more and a start has disabled it.
    Remove(Which),
}

#[derive(Debug, clap::Args)]
pub(super) struct Which {
    /// `client_id`
    client_id: String,
}

/// Runs a verb.
pub(super) fn run(verb: Verb, config: &Config, output: &mut Output<'_>) -> Result<(), Failure> {
    let wired = wire::open(config)?;
    match verb {
        Verb::Add(arguments) => add::run(&arguments, &wired, output),
        Verb::List => list::run(&wired, output),
        Verb::Show(which) => show::run(&which, &wired, output),
        Verb::Change(arguments) => change::run(&arguments, &wired, output),
        Verb::Disable(which) => disable::run(&which, true, &wired, output),
        Verb::Enable(which) => disable::run(&which, false, &wired, output),
        Verb::RevokeTokens(which) => revoke_tokens::run(&which, &wired, output),
        Verb::RotateSecret(arguments) => rotate_secret::run(&arguments, &wired, output),
        Verb::Remove(which) => remove::run(&which, &wired, output),
    }
}

fn find(tx: &mut dyn Tx, id: &str) -> Result<ClientRow, Failure> {
    tx.find_client(&ClientId::new(id))?.ok_or_else(|| {
        Failure::new(format!("there is no client {id:?}"))
            .hint("`keywright clients list` lists all")
    })
}

/// The client, if the command line may change it.
fn find_own(tx: &mut dyn Tx, id: &str) -> Result<ClientRow, Failure> {
    let client = find(tx, id)?;
    if client.origin == Origin::Config {
        return Err(declared(id).hint("change it there and restart the server"));
    }
    Ok(client)
}

/// The client, if the command line may remove it.
fn find_removable(tx: &mut dyn Tx, id: &str, config: &Config) -> Result<ClientRow, Failure> {
    let client = find(tx, id)?;
    let is_declared = config.declared.clients.iter().any(|declared| declared.id == client.id);
    super::check_removable(client.origin, client.disabled_at, is_declared)
        .map_err(|hint| declared(id).hint(hint))?;
    Ok(client)
}

fn declared(id: &str) -> Failure {
    Failure::new(format!("client {id:?} is declared in the configuration"))
}

/// A generated secret, or the one that is piped in.
fn secret(wired: &Wired<'_>, from_stdin: bool) -> Result<Secret, Failure> {
    if !from_stdin {
        return Ok(Secret::generate(&wired.random)?);
    }
    let secret = super::secret_input::read("client secret")?;
    check_chosen_secret(&secret).map_err(|why| {
        Failure::new(format!("the client secret {why}"))
            .hint("leave --secret-stdin out, and one is generated")
    })?;
    Ok(secret)
}

fn secret_row(
    wired: &Wired<'_>,
    client: &ClientId,
    secret: &Secret,
) -> Result<ClientSecretRow, Failure> {
    let master = wired.master_key()?;
    let now = wired.now();
    Ok(ClientSecretRow {
        id: RowId::generate(&wired.random, now)?,
        client_id: client.clone(),
        digest: secret_digest(&master, secret)?,
        created_at: now,
        expires_at: None,
    })
}

/// The client as RFC 7591 section 3.2.1 has it, with our own members. `secret` is shown this
/// once.
fn describe(client: &ClientRow, secret: Option<&Secret>) -> Result<Value, Failure> {
    let mut all = Map::new();
    all.insert("client_id".to_owned(), json!(client.id));
    if let Some(secret) = secret {
        all.insert("client_secret".to_owned(), json!(secret.expose()));
    }
    if let Value::Object(metadata) = serde_json::to_value(&client.metadata)? {
        all.extend(metadata);
    }
    all.insert("origin".to_owned(), json!(client.origin.as_str()));
    all.insert("status".to_owned(), json!(super::status(client.disabled_at)));
    if let Some(limit) = client.tokens_not_before {
        all.insert("tokens_not_before".to_owned(), output::instant(limit));
    }
    all.insert("created_at".to_owned(), output::instant(client.created_at));
    all.insert("updated_at".to_owned(), output::instant(client.updated_at));
    Ok(Value::Object(all))
}
