//! Counters of attempts.

use super::StoreError;
use crate::time::{Seconds, Timestamp};

/// A counter as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThrottleRow {
    /// What is counted: a keyed hash of kind and subject, never a plain login name.
    pub key: String,
    /// Attempts that were not refunded.
    pub failures: i64,
    /// When it last rose.
    pub last_at: Timestamp,
    /// From when it may be forgotten.
    pub expires_at: Timestamp,
}

/// The `throttle` table.
pub trait ThrottleTx {
    /// The counter with this key.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn find_throttle(&mut self, key: &str) -> Result<Option<ThrottleRow>, StoreError>;

    /// Writes `to` if the stored counter is exactly `from` (`None`: there is none); false when
    /// somebody was first.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn claim_throttle(
        &mut self,
        from: Option<&ThrottleRow>,
        to: &ThrottleRow,
    ) -> Result<bool, StoreError>;

    /// Takes one failure back, not below zero, and lets the counter be forgotten `sooner`.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn refund_throttle(&mut self, key: &str, sooner: Seconds) -> Result<(), StoreError>;
}
