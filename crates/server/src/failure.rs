//! Why a command did not do what it was asked, and what to do next.

use std::fmt;

use keywright_core::error::Error;
use keywright_core::random::RandomError;
use keywright_core::store::{Store, StoreError, StoreExt as _, Tx};

/// A refusal of the command line: `error: message`, and below it `hint: ...`.
#[derive(Debug)]
pub(crate) struct Failure {
    /// What went wrong.
    pub(crate) message: String,
    hint: Option<String>,
}

impl Failure {
    /// A failure that says what went wrong.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    /// Adds what to do next.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.message)?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, "\nhint: {hint}"))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(refusal) | Error::RefusedAndRecorded(refusal) => {
                Self::new(refusal.description)
            }
            Error::Throttled(_) => Self::new(error.to_string()),
            Error::Store(error) => error.into(),
            Error::Internal(message) => Self::new(message),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let failure = Self::new(error.to_string());
        match error {
            StoreError::Unavailable(_) => {
                failure.hint("check that the database runs and database.url is right, then retry")
            }
            StoreError::Corrupt { .. } => failure.hint("restore the database from a backup"),
            StoreError::Conflict(_) | StoreError::NotAsked | StoreError::Failed(_) => failure,
        }
    }
}

impl From<RandomError> for Failure {
    fn from(error: RandomError) -> Self {
        Self::new(error.to_string())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::new(error.to_string())
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::new(error.to_string())
    }
}

/// Runs `body` on one snapshot.
pub(crate) fn read<T>(
    store: &dyn Store,
    body: impl FnOnce(&mut dyn Tx) -> Result<T, Failure>,
) -> Result<T, Failure> {
    store.read(|tx| Ok(body(tx)))?
}

/// Runs `body` in a write transaction that a failure rolls back.
pub(crate) fn write<T>(
    store: &dyn Store,
    body: impl FnOnce(&mut dyn Tx) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let mut failure = None;
    let result = store.write(|tx| {
        body(tx).map_err(|why| {
            failure = Some(why);
            Error::Internal(String::new())
        })
    });
    failure.map_or_else(|| Ok(result?), Err)
}
