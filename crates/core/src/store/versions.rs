//! A counter per cached aggregate: who caches compares, who writes bumps.

use super::StoreError;

/// What processes keep in memory and therefore watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Aggregate {
    /// Signing keys.
    Keys,
    /// Resources and their scopes.
    Resources,
    /// Clients and their secrets.
    Clients,
}

/// The `versions` table. Verbs that change an aggregate bump its version themselves, in the
/// same transaction.
pub trait VersionTx {
    /// The version of `aggregate`: rises with every committed change.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn version(&mut self, aggregate: Aggregate) -> Result<i64, StoreError>;

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
