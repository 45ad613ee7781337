//! `keywright resources`.

mod add;
mod change;
mod disable;
mod flags;
mod list;
mod remove;
mod show;

use clap::Subcommand;
use keywright_core::audit::{Event, Kind};
use keywright_core::store::{Origin, ResourceRow, Tx};
use serde_json::{Value, json};

use super::output::{self, Output};
use crate::config::Config;
use crate::failure::Failure;
use crate::wire;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Register an API that access tokens are for
    Add(Box<add::Arguments>),
    /// List all resources
    List,
    /// Show a resource
    Show(Which),
    /// Change a resource
    ///
    /// What is given replaces what was there. A repeatable flag replaces the whole list: give all of
    /// its items, those that stay, too.
    Change(Box<change::Arguments>),
    /// Let no token be issued for a resource any more, and nobody introspect those that were
    Disable(Which),
    /// Let tokens be issued for a resource again
    Enable(Which),
    /// Remove a resource; tokens that were issued for it live out their minutes
    ///
    /// A declared resource only when the file has it no more and a start has disabled it.
    Remove(Which),
}

#[derive(Debug, clap::Args)]
pub(super) struct Which {
    /// The resource's identifier
    identifier: String,
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
        Verb::Remove(which) => remove::run(&which, &wired, output),
    }
}

fn find(tx: &mut dyn Tx, identifier: &str) -> Result<ResourceRow, Failure> {
    let found = tx.resources()?.into_iter().find(|row| row.resource.identifier == identifier);
    found.ok_or_else(|| {
        Failure::new(format!("there is no resource {identifier:?}"))
            .hint("`keywright resources list` lists all")
    })
}

/// The resource, if the command line may change it.
fn find_own(tx: &mut dyn Tx, identifier: &str) -> Result<ResourceRow, Failure> {
    let row = find(tx, identifier)?;
    if row.origin == Origin::Config {
        return Err(declared(identifier).hint("change it there and restart the server"));
    }
    Ok(row)
}

/// The resource, if the command line may remove it.
fn find_removable(
    tx: &mut dyn Tx,
    identifier: &str,
    config: &Config,
) -> Result<ResourceRow, Failure> {
    let row = find(tx, identifier)?;
    let is_declared = config.declared.resources.iter().any(|r| r.identifier == identifier);
    super::check_removable(row.origin, row.disabled_at, is_declared)
        .map_err(|hint| declared(identifier).hint(hint))?;
    Ok(row)
}

fn declared(identifier: &str) -> Failure {
    Failure::new(format!("resource {identifier:?} is declared in the configuration"))
}

fn event(kind: Kind, row: &ResourceRow) -> Event {
    Event::new(kind).detail("resource", row.resource.identifier.as_str())
}

fn describe(row: &ResourceRow) -> Result<Value, Failure> {
    let mut all = serde_json::to_value(&row.resource)?;
    all["origin"] = json!(row.origin.as_str());
    all["status"] = json!(super::status(row.disabled_at));
    all["disabled_at"] = json!(row.disabled_at.map(output::instant));
    Ok(all)
}
