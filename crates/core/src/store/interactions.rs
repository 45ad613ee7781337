//! Requests that wait for their user: authorization and logout.

use super::StoreError;
use crate::id::InteractionId;
use crate::secret::Digest;
use crate::time::Timestamp;

/// An interaction as stored.
#[derive(Debug, Clone)]
pub struct InteractionRow {
    /// Its name, in the URL of its pages.
    pub id: InteractionId,
    /// SHA-256 of the browser cookie that it is bound to.
    pub browser: Digest,
    /// The request and what has happened so far, as JSON ([`crate::interaction::Document`]); the
    /// store does not look inside.
    pub document: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when it is refused.
    pub expires_at: Timestamp,
}

/// The `interactions` table.
pub trait InteractionTx {
    /// The interaction with this id, expired or not.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn find_interaction(
        &mut self,
        id: &InteractionId,
    ) -> Result<Option<InteractionRow>, StoreError>;

    /// Adds an interaction.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn insert_interaction(&mut self, row: &InteractionRow) -> Result<(), StoreError>;

    /// Writes the document if it still is `from`; false when it changed or is gone.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn claim_interaction_step(
        &mut self,
        id: &InteractionId,
        from: &str,
        to: &str,
    ) -> Result<bool, StoreError>;

    /// Removes the interaction; false when somebody was first. Whoever gets true answers it.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn claim_interaction(&mut self, id: &InteractionId) -> Result<bool, StoreError>;
}
