//! A request's answer waits for its last commit; its work does not.
//!
//! Owns what may be done before a commit is durable: to sign tokens and to form an answer, which
//! nobody sees if the commit fails. The next transaction of the same request may not: it begins
//! when the one before it is durable.

use std::sync::{Arc, Mutex, PoisonError};

use tracing::Span;

use super::{Mode, Outcome, Promise, Store, StoreError, Tx};
use crate::audit;

/// The store of one request. [`super::StoreExt::write`] returns before its commit is durable;
/// [`Ahead::when_durable`] is where to wait before the answer is given.
pub struct Ahead {
    store: Arc<dyn Store>,
    last: Mutex<Option<Promise>>,
}

impl Ahead {
    /// Around `store`.
    pub fn of(store: Arc<dyn Store>) -> Self {
        Self { store, last: Mutex::default() }
    }

    /// Calls `then` when it is known whether everything that was done is durable, and before it
    /// the log of what is. Perhaps on another thread, where it must be quick.
    pub fn when_durable(&self, then: impl FnOnce(Result<(), StoreError>) + Send + 'static) {
        let Some(promise) = self.take() else { return then(Ok(())) };
        let span = Span::current();
        promise.when_known(move |known| {
            span.in_scope(|| then(known.map(|events| events.iter().for_each(audit::tell))));
        });
    }

    fn take(&self) -> Option<Promise> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// A request that panicked gives no answer; the log hears of what it did all the same.
impl Drop for Ahead {
    fn drop(&mut self) {
        self.when_durable(drop);
    }
}

impl Store for Ahead {
    fn promise(
        &self,
        mode: Mode,
        body: &mut dyn FnMut(&mut dyn Tx) -> Outcome,
    ) -> Result<Promise, StoreError> {
        if let Some(promise) = self.take() {
            promise.wait()?.iter().for_each(audit::tell);
        }
        let promise = self.store.promise(mode, body)?;
        if let Promise::Pending(_) = promise {
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(promise);
            return Ok(Promise::Kept(Vec::new()));
        }
        Ok(promise)
    }
}
