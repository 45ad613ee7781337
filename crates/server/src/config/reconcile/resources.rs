//! Declared resources.

use keywright_core::resource::Resource;
use keywright_core::store::{Origin, ResourceRow, Tx};
use keywright_core::time::Timestamp;

use super::check_owner;
use crate::failure::Failure;

pub(super) fn reconcile(
    tx: &mut dyn Tx,
    declared: &[Resource],
    now: Timestamp,
    changes: &mut Vec<String>,
) -> Result<(), Failure> {
    let stored = tx.resources()?;
    for resource in declared {
        let name = &resource.identifier;
        let known = stored.iter().find(|row| row.resource.identifier == *name);
        if let Some(row) = known {
            let remedy = "rename it in the file, or remove the stored one";
            check_owner("resource", name, row.origin, remedy)?;
            if row.resource == *resource && row.disabled_at.is_none() {
                continue;
            }
        }
        let resource = resource.clone();
        tx.put_resource(&ResourceRow { resource, origin: Origin::Config, disabled_at: None })?;
        let verb = if known.is_some() { "changed" } else { "added" };
        changes.push(format!("{verb} resource {name}"));
    }
    let gone = |row: &ResourceRow| {
        row.origin == Origin::Config
            && row.disabled_at.is_none()
            && !declared.iter().any(|resource| resource.identifier == row.resource.identifier)
    };
    for mut row in stored.into_iter().filter(gone) {
        row.disabled_at = Some(now);
        tx.put_resource(&row)?;
        changes.push(format!("disabled resource {}", row.resource.identifier));
    }
    Ok(())
}
