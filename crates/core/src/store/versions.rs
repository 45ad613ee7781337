//! A counter per cached aggregate: who caches compares, who writes bumps.

use super::StoreError;

/// What processes keep in memory and therefore watch: each counter rises with every committed change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Versions {
    /// Of signing keys.
    pub keys: i64,
    /// Of resources and their scopes.
    pub resources: i64,
    /// Of clients and their secrets.
    pub clients: i64,
}

/// The `versions` table. Verbs that change an aggregate bump its version themselves, in the
/// same transaction.
pub trait VersionTx {
    /// All counters, as one statement sees them.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails or a counter is gone.
    fn versions(&mut self) -> Result<Versions, StoreError>;

    /// A named value that the whole installation shares (check value of the master key, ...).
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn find_setting(&mut self, name: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// Sets a named value unless it is set already; false if somebody was first.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn claim_setting(&mut self, name: &str, value: &[u8]) -> Result<bool, StoreError>;

    /// Removes a named value if it is `expected`; false if it is another, or gone.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn claim_setting_removal(&mut self, name: &str, expected: &[u8]) -> Result<bool, StoreError>;

    /// Sets a named value, whatever was there; `None` removes it.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn put_setting(&mut self, name: &str, value: Option<&[u8]>) -> Result<(), StoreError>;
}
