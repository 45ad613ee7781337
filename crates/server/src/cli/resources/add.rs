//! `keywright resources add`.

use keywright_core::audit::Kind;
use keywright_core::store::{Origin, ResourceRow, StoreError};
use serde_json::json;

use super::flags::Flags;
use super::{Output, describe, event};
use crate::failure::{self, Failure};
use crate::wire::Wired;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// Its identifier and audience: an absolute URI without fragment (RFC 8707)
    identifier: String,
    #[command(flatten)]
    flags: Flags,
}

pub(super) fn run(
    arguments: &Arguments,
    wired: &Wired<'_>,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    let bare = json!({ "identifier": arguments.identifier, "name": "" });
    let resource = arguments.flags.over(bare, wired.config)?;
    let row = ResourceRow { resource, origin: Origin::Cli, disabled_at: None };
    failure::write(&wired.store, |tx| {
        tx.insert_resource(&row).map_err(|error| match error {
            StoreError::Conflict(_) => taken(&arguments.identifier),
            error => error.into(),
        })?;
        Ok(wired.record(tx, event(Kind::ResourceAdded, &row), wired.now())?)
    })?;
    Ok(output.record(&describe(&row)?)?)
}

fn taken(identifier: &str) -> Failure {
    Failure::new(format!("the resource {identifier:?} exists already"))
        .hint("`keywright resources change` changes it")
}
