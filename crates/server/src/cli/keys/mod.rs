//! `keywright keys`.

mod list;
mod revoke;
mod rotate;

use clap::Subcommand;
use keywright_core::keys::lifecycle::Change;
use keywright_core::store::KeyRow;
use serde_json::{Value, json};

use super::output::{Output, instant};
use crate::config::Config;
use crate::failure::Failure;
use crate::wire;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// List all keys
    List,
    /// Announce successors, which sign once every verifier can know them
    Rotate(rotate::Arguments),
    /// Never accept a key again: for a key that may have leaked
    Revoke(revoke::Arguments),
}

const COLUMNS: [(&str, &str); 6] = [
    ("KID", "kid"),
    ("ALG", "algorithm"),
    ("STATE", "state"),
    ("ANNOUNCED", "announced_at"),
    ("ACTIVATED", "activated_at"),
    ("RETIRED", "retired_at"),
];

/// Runs a verb.
pub(super) fn run(verb: Verb, config: &Config, output: &mut Output<'_>) -> Result<(), Failure> {
    let wired = wire::open(config)?;
    match verb {
        Verb::List => list::run(&wired, output),
        Verb::Rotate(arguments) => rotate::run(&arguments, &wired, output),
        Verb::Revoke(arguments) => revoke::run(&arguments, &wired, output),
    }
}

fn describe(key: &KeyRow) -> Value {
    json!({
        "kid": key.kid,
        "algorithm": key.algorithm,
        "state": key.state.as_str(),
        "announced_at": instant(key.announced_at),
        "activated_at": key.activated_at.map(instant),
        "retired_at": key.retired_at.map(instant),
        "removed_at": key.removed_at.map(instant),
    })
}

fn tell(changes: &[Change], output: &mut Output<'_>) -> Result<(), Failure> {
    if changes.is_empty() {
        return Ok(output.say("nothing to do: it was done already", &json!([]))?);
    }
    Ok(output.table(&COLUMNS, changes.iter().map(|change| describe(&change.key)).collect())?)
}
