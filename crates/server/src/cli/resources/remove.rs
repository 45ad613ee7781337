//! `keywright resources remove`.

use keywright_core::audit::Kind;
use serde_json::json;

use super::{Output, Which, event, find_removable};
use crate::failure::{self, Failure};
use crate::wire::Wired;

pub(super) fn run(
    which: &Which,
    wired: &Wired<'_>,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    let row = failure::write(&wired.store, |tx| {
        let row = find_removable(tx, &which.identifier, wired.config)?;
        tx.remove_resource(&row.resource.identifier)?;
        wired.record(tx, event(Kind::ResourceRemoved, &row), wired.now())?;
        Ok(row)
    })?;
    let removed = json!({ "removed": row.resource.identifier });
    Ok(output.say(&format!("removed resource {}", row.resource.identifier), &removed)?)
}
