//! What core asks of a database, in verbs of the protocol.
//!
//! [`Store`] opens a transaction, [`Tx`] is what may be done inside it: one trait per
//! aggregate, one file per trait, mirrored in `keywright-storage`. `claim_x` is
//! compare-and-set and says with a bool whether this caller was the one; `find_x` gives an
//! Option; nothing here decides, it only remembers.

mod ahead;
mod audit;
mod clients;
mod consents;
mod grants;
mod interactions;
mod keys;
mod outbox;
mod promise;
mod redeemables;
mod resources;
mod sessions;
mod sweep;
mod throttle;
mod users;
mod versions;

pub use ahead::Ahead;
pub use audit::{AuditEvent, AuditFilter, AuditTx};
pub use clients::{ClientRow, ClientSecretRow, ClientTx, Origin};
pub use consents::{ConsentKey, ConsentRow, ConsentTx};
pub use grants::{Confirmation, GrantRow, GrantTx, Standing};
pub use interactions::{InteractionRow, InteractionTx};
pub use keys::{KeyRow, KeyState, KeyTx};
pub use outbox::{OutboxRow, OutboxTx};
pub use promise::{Known, Promise, Then};
pub use redeemables::{AccessTokenRow, CodeRow, RedeemableTx, RefreshRow, Rotated, Rotation};
pub use resources::{ResourceRow, ResourceTx};
pub use sessions::{Authentication, SessionRow, SessionTx};
pub use sweep::SweepTx;
pub use throttle::{ThrottleRow, ThrottleTx};
pub use users::{CredentialKind, CredentialRow, IdentityRow, UserRow, UserTx};
pub use versions::{VersionTx, Versions};

use crate::audit as audit_log;
use crate::error::Error;

/// Everything that may be done inside a transaction.
pub trait Tx:
    AuditTx
    + ClientTx
    + ConsentTx
    + GrantTx
    + InteractionTx
    + KeyTx
    + OutboxTx
    + RedeemableTx
    + ResourceTx
    + SessionTx
    + SweepTx
    + ThrottleTx
    + UserTx
    + VersionTx
{
}

/// What a transaction body wants to become of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Keep what was written.
    Commit,
    /// Undo what was written.
    Rollback,
}

/// What a visit to the database may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// One question, so that it needs no transaction to see one snapshot: a second one is an error.
    Glance,
    /// Sees one snapshot; a write in it is an error.
    Read,
    /// Serialised with other writers on SQLite; READ COMMITTED on PostgreSQL, which the
    /// compare-and-set verbs are made for.
    Write,
}

/// A database. Implemented in `keywright-storage`; callers use [`StoreExt`].
pub trait Store: Send + Sync {
    /// Runs `body` in one transaction, exactly once, on the caller's thread, and ends it as the
    /// body says. The commit need not be durable yet when this returns: see [`Promise`]. A
    /// [`Mode::Glance`] that meets a broken connection runs again on another one.
    ///
    /// # Errors
    /// [`StoreError`] when the transaction could not begin or end or when a statement of it failed;
    /// nothing was kept then.
    fn promise(
        &self,
        mode: Mode,
        body: &mut dyn FnMut(&mut dyn Tx) -> Outcome,
    ) -> Result<Promise, StoreError>;
}

/// Transactions with a result.
pub trait StoreExt {
    /// Runs `body`, which asks one question and writes nothing; again if its connection was broken.
    ///
    /// # Errors
    /// What `body` refuses, or [`Error::Store`].
    fn glance<T>(&self, body: impl Fn(&mut dyn Tx) -> Result<T, Error>) -> Result<T, Error>;

    /// Runs `body` on one snapshot.
    ///
    /// # Errors
    /// What `body` refuses, or [`Error::Store`].
    fn read<T>(&self, body: impl FnOnce(&mut dyn Tx) -> Result<T, Error>) -> Result<T, Error>;

    /// Runs `body` in a write transaction. Commits on `Ok` and on
    /// [`Error::RefusedAndRecorded`]; every other error leaves no trace. Tells the log of the
    /// audit events that were committed.
    ///
    /// # Errors
    /// What `body` refuses, or [`Error::Store`].
    fn write<T>(&self, body: impl FnOnce(&mut dyn Tx) -> Result<T, Error>) -> Result<T, Error>;
}

impl<S: Store + ?Sized> StoreExt for S {
    fn glance<T>(&self, body: impl Fn(&mut dyn Tx) -> Result<T, Error>) -> Result<T, Error> {
        let mut result = None;
        let promise = self.promise(Mode::Glance, &mut |tx| {
            result = Some(body(tx));
            Outcome::Rollback
        })?;
        promise.wait()?;
        result.unwrap_or_else(not_run)
    }

    fn read<T>(&self, body: impl FnOnce(&mut dyn Tx) -> Result<T, Error>) -> Result<T, Error> {
        run(self, Mode::Read, body)
    }

    fn write<T>(&self, body: impl FnOnce(&mut dyn Tx) -> Result<T, Error>) -> Result<T, Error> {
        run(self, Mode::Write, body)
    }
}

fn run<T, S: Store + ?Sized>(
    store: &S,
    mode: Mode,
    body: impl FnOnce(&mut dyn Tx) -> Result<T, Error>,
) -> Result<T, Error> {
    let mut body = Some(body);
    let mut result = None;
    let promise = store.promise(mode, &mut |tx| {
        let Some(body) = body.take() else { return Outcome::Rollback };
        let answer = body(tx);
        let outcome = match &answer {
            Ok(_) | Err(Error::RefusedAndRecorded(_)) => Outcome::Commit,
            Err(_) => Outcome::Rollback,
        };
        result = Some(answer);
        outcome
    })?;
    promise.wait()?.iter().for_each(audit_log::tell);
    result.unwrap_or_else(not_run)
}

fn not_run<T>() -> Result<T, Error> {
    Err(Error::Internal("the store did not run the transaction".into()))
}

/// The database could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No connection within the limit, or the database is locked, down or restarting: try again.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// A row that cannot be: somebody else wrote it, or the disk did.
    #[error("corrupt row in {table}.{column} of {id}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column whose value has no meaning.
        column: &'static str,
        /// The row's key.
        id: String,
    },
    /// A unique value is taken already.
    #[error("already exists: {0}")]
    Conflict(&'static str),
    /// The thread must not wait for the database: ask again on one that may
    /// ([`crate::provider::Provider::from_memory`]).
    #[error("the database was not asked")]
    NotAsked,
    /// Anything else: a broken schema, a full or read-only disk.
    #[error("the database failed: {0}")]
    Failed(String),
}
