//! `keywright resources change`.

use keywright_core::audit::Kind;

use super::flags::Flags;
use super::{Output, describe, event, find_own};
use crate::failure::{self, Failure};
use crate::wire::Wired;

/// Members that can be absent or empty.
const CLEARABLE: [&str; 4] = ["access_token_claims", "access_token_lifetime", "scopes", "servers"];

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// The resource's identifier
    identifier: String,
    /// A member to empty (repeatable)
    #[arg(long = "clear", value_name = "MEMBER", value_parser = CLEARABLE)]
    cleared: Vec<String>,
    #[command(flatten)]
    flags: Flags,
}

/// What is given replaces what was there, lists as a whole.
pub(super) fn run(
    arguments: &Arguments,
    wired: &Wired<'_>,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    let row = failure::write(&wired.store, |tx| {
        let mut row = find_own(tx, &arguments.identifier)?;
        let mut known = serde_json::to_value(&row.resource)?;
        if let Some(members) = known.as_object_mut() {
            members.retain(|name, _| !arguments.cleared.contains(name));
        }
        let resource = arguments.flags.over(known, wired.config)?;
        if resource != row.resource {
            row.resource = resource;
            tx.put_resource(&row)?;
            wired.record(tx, event(Kind::ResourceChanged, &row), wired.now())?;
        }
        Ok(row)
    })?;
    Ok(output.record(&describe(&row)?)?)
}
