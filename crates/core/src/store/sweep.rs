//! Removing what has expired, in small batches.

use super::StoreError;
use crate::time::Timestamp;

/// Batched removal over every table that has an end.
pub trait SweepTx {
    /// Removes at most `limit` rows per table that ended before `now`: interactions, sessions,
    /// opaque access tokens, revoked `jti`s, what may be shown once, throttle counters and expired
    /// client secrets; codes
    /// that expired before `spent` (so that a replay is still recognised); grants that expired
    /// or were revoked before `spent`, with their refresh state. Audit events before
    /// `audit_before`. How many rows went.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn sweep(
        &mut self,
        now: Timestamp,
        spent: Timestamp,
        audit_before: Timestamp,
        limit: u32,
    ) -> Result<usize, StoreError>;
}
