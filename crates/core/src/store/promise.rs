//! Between the end of a transaction and its durability.

use std::fmt;
use std::sync::mpsc::channel;

use super::{AuditEvent, StoreError};

/// What became of a transaction: the audit events that were kept with it, or why nothing was kept.
pub type Known = Result<Vec<AuditEvent>, StoreError>;

/// Called once, with what became of a transaction.
pub type Then = Box<dyn FnOnce(Known) + Send>;

/// How a transaction ended, unless its commit fails: whoever lets anybody outside know of it has
/// to wait for that. So has a refusal, which may rest on what others have not committed yet.
#[must_use]
pub enum Promise {
    /// Nothing is left to wait for.
    Kept(Vec<AuditEvent>),
    /// To be asked, as [`Promise::when_known`].
    Pending(Box<dyn FnOnce(Then) + Send>),
}

impl Promise {
    /// Calls `then` once it is known what became of the transaction: at once when it is known
    /// already, else on the thread that learns it, where `then` must be quick and must not ask
    /// the database.
    pub fn when_known(self, then: impl FnOnce(Known) + Send + 'static) {
        match self {
            Self::Kept(events) => then(Ok(events)),
            Self::Pending(ask) => ask(Box::new(then)),
        }
    }

    /// The same promise; `watch` is called before whoever asks it.
    pub fn watched(self, watch: impl FnOnce(&Known) + Send + 'static) -> Self {
        Self::Pending(Box::new(|then| {
            self.when_known(|known| {
                watch(&known);
                then(known);
            });
        }))
    }

    /// Waits.
    ///
    /// # Errors
    /// Those of the commit: nothing was kept then.
    pub fn wait(self) -> Known {
        let ask = match self {
            Self::Kept(events) => return Ok(events),
            Self::Pending(ask) => ask,
        };
        let (tell, told) = channel();
        // Whoever waits is there until it is told.
        ask(Box::new(move |known| drop(tell.send(known))));
        told.recv().unwrap_or_else(|_| Err(StoreError::Unavailable("a commit was given up".into())))
    }
}

impl fmt::Debug for Promise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kept(_) => "Kept",
            Self::Pending(_) => "Pending",
        })
    }
}
