//! `keywright resources disable` and `resources enable`.

use keywright_core::audit::Kind;

use super::{Output, Which, describe, event, find_own};
use crate::failure::{self, Failure};
use crate::wire::Wired;

pub(super) fn run(
    which: &Which,
    disable: bool,
    wired: &Wired<'_>,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    let now = wired.now();
    let row = failure::write(&wired.store, |tx| {
        let mut row = find_own(tx, &which.identifier)?;
        if row.disabled_at.is_some() != disable {
            row.disabled_at = disable.then_some(now);
            tx.put_resource(&row)?;
            let kind = if disable { Kind::ResourceDisabled } else { Kind::ResourceEnabled };
            wired.record(tx, event(kind, &row), now)?;
        }
        Ok(row)
    })?;
    let done = if disable { "disabled" } else { "enabled" };
    Ok(output.say(&format!("{done} resource {}", which.identifier), &describe(&row)?)?)
}
