//! Resources: the APIs that tokens are for.

use super::{Origin, StoreError};
use crate::resource::Resource;
use crate::time::Timestamp;

/// A resource as stored.
#[derive(Debug, Clone)]
pub struct ResourceRow {
    /// Identifier, scopes, algorithm, lifetime, format, preset, servers.
    pub resource: Resource,
    /// Who owns it.
    pub origin: Origin,
    /// Since when no token is issued for it.
    pub disabled_at: Option<Timestamp>,
}

/// The `resources` table. Each write bumps [`super::Versions::resources`].
pub trait ResourceTx {
    /// Every resource, disabled ones included, by identifier.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails or a row is corrupt.
    fn resources(&mut self) -> Result<Vec<ResourceRow>, StoreError>;

    /// Adds a resource.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] for a known identifier.
    fn insert_resource(&mut self, row: &ResourceRow) -> Result<(), StoreError>;

    /// Removes a resource; false when there is none. Nothing refers to it by row: grants, clients
    /// and consents that name it name nothing any more.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn remove_resource(&mut self, identifier: &str) -> Result<bool, StoreError>;

    /// Inserts or replaces a resource.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn put_resource(&mut self, row: &ResourceRow) -> Result<(), StoreError>;
}
