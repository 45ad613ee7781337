//! A store that keeps nothing, so that an input does the same whatever came before it.

use std::sync::Arc;

use keywright_core::store::{Mode, Outcome, Promise, Store, StoreError, Tx};

/// A [`Store`] around another one: every write happens, is believed, and is undone.
pub(crate) struct Forgetful(pub(crate) Arc<dyn Store>);

impl Store for Forgetful {
    fn promise(
        &self,
        mode: Mode,
        body: &mut dyn FnMut(&mut dyn Tx) -> Outcome,
    ) -> Result<Promise, StoreError> {
        self.0.promise(mode, &mut |tx| {
            body(tx);
            Outcome::Rollback
        })
    }
}
