//! Declared resources.

use keywright_core::audit::{Event, Kind};
use keywright_core::resource::Resource;
use keywright_core::store::{Origin, ResourceRow, Tx};

use super::{Reconciler, check_owner};
use crate::failure::Failure;

impl Reconciler<'_> {
    pub(super) fn resources(
        &self,
        tx: &mut dyn Tx,
        declared: &[Resource],
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
            let kind = match known {
                None => Kind::ResourceAdded,
                Some(row) if row.resource == *resource => Kind::ResourceEnabled,
                Some(_) => Kind::ResourceChanged,
            };
            self.record(tx, event(kind, resource))?;
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
            row.disabled_at = Some(self.now);
            tx.put_resource(&row)?;
            self.record(tx, event(Kind::ResourceDisabled, &row.resource))?;
            changes.push(format!("disabled resource {}", row.resource.identifier));
        }
        Ok(())
    }
}

fn event(kind: Kind, resource: &Resource) -> Event {
    Event::new(kind).detail("resource", resource.identifier.as_str())
}
