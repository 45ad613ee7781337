//! Brings the database to what the file declares, in one write transaction.
//!
//! Owns rows of origin `config` and touches no others: new ones are added, changed ones
//! changed, those that are gone from the file disabled and those that are back enabled. Rows that
//! are as declared are not written, so that nobody's cache is emptied by a restart.

mod clients;
mod resources;
mod users;

use keywright_core::audit::Event;
use keywright_core::provider::Provider;
use keywright_core::store::{Origin, StoreError, Tx};
use keywright_core::time::Timestamp;

use super::Declared;
use crate::failure::{self, Failure};
pub(crate) use users::forget_user;

/// Reconciles; what was changed, in words.
///
/// # Errors
/// When something declared belongs to the command line or to dynamic registration, a subject
/// would change, or the database fails. Nothing is changed then.
pub(crate) fn apply(provider: &Provider, declared: &Declared) -> Result<Vec<String>, Failure> {
    let now = provider.now();
    let clients = clients::prepare(provider, &declared.clients)?;
    let passwords = users::prepare(provider, &declared.users)?;
    let changes = failure::write(provider.store.as_ref(), |tx| {
        let mut changes = Vec::new();
        let reconciler = Reconciler { provider, now };
        reconciler.resources(tx, &declared.resources, &mut changes)?;
        reconciler.clients(tx, &clients, &mut changes)?;
        reconciler.users(tx, &passwords, &mut changes)?;
        Ok(changes)
    })?;
    if !changes.is_empty() {
        provider.poll()?;
    }
    Ok(changes)
}

/// One reconciliation, at one instant.
struct Reconciler<'p> {
    provider: &'p Provider,
    now: Timestamp,
}

impl Reconciler<'_> {
    /// Records a change in the transaction that makes it.
    fn record(&self, tx: &mut dyn Tx, event: Event) -> Result<(), StoreError> {
        let event = event.detail("by", "configuration");
        event.record_alone(self.provider.random.as_ref(), tx, self.now)
    }
}

/// Refuses to take over what somebody else owns.
fn check_owner(kind: &str, name: &str, origin: Origin, remedy: &str) -> Result<(), Failure> {
    let owner = match origin {
        Origin::Config => return Ok(()),
        Origin::Cli => "the command line",
        Origin::Dynamic => "dynamic registration",
    };
    Err(Failure::new(format!(
        "the configuration declares the {kind} {name:?}, which {owner} added already"
    ))
    .hint(remedy))
}
