//! Messages to the outside, written in the transaction that causes them and sent by a job.

use super::StoreError;
use crate::id::RowId;
use crate::time::Timestamp;

/// A message that waits to be sent.
#[derive(Debug, Clone)]
pub struct OutboxRow {
    /// Its name.
    pub id: RowId,
    /// What sends it: `mail`, `backchannel_logout`, `webhook`.
    pub kind: String,
    /// What to send, sealed under the master key.
    pub sealed_payload: Vec<u8>,
    /// From when it may be tried.
    pub due_at: Timestamp,
    /// How often it was tried.
    pub attempts: i32,
    /// Until when a worker has it.
    pub leased_until: Option<Timestamp>,
}

/// The `outbox` table.
pub trait OutboxTx {
    /// Adds a message.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn insert_outbox(&mut self, row: &OutboxRow) -> Result<(), StoreError>;

    /// Messages that are due and not leased at `now`, oldest first, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn due_outbox(&mut self, now: Timestamp, limit: u32) -> Result<Vec<OutboxRow>, StoreError>;

    /// Leases a message until `until` and counts the attempt, if nobody else has it at `now`.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn claim_outbox(
        &mut self,
        id: &RowId,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Gives a message back to be tried at `due_at`.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn retry_outbox(&mut self, id: &RowId, due_at: Timestamp) -> Result<(), StoreError>;

    /// Removes a message that was sent.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn remove_outbox(&mut self, id: &RowId) -> Result<(), StoreError>;
}
