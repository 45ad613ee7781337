//! What users have agreed to.

use super::StoreError;
use crate::id::{ClientId, UserId};
use crate::time::Timestamp;

/// What was agreed to: a scope of a resource, or a claim.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConsentKey {
    /// The resource that knows the scope; empty for identity scopes and claims.
    pub resource: String,
    /// The scope; empty for a claim.
    pub scope: String,
    /// The claim; empty for a scope.
    pub claim: String,
}

/// A consent as stored.
#[derive(Debug, Clone)]
pub struct ConsentRow {
    /// Who agreed.
    pub user_id: UserId,
    /// For which client.
    pub client_id: ClientId,
    /// To what.
    pub key: ConsentKey,
    /// When.
    pub granted_at: Timestamp,
}

/// The `consents` table.
pub trait ConsentTx {
    /// What a user agreed to, for one client or for all.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn consents(
        &mut self,
        user: &UserId,
        client: Option<&ClientId>,
    ) -> Result<Vec<ConsentRow>, StoreError>;

    /// Remembers a consent; again is the same (the date of the first stays).
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn put_consent(&mut self, row: &ConsentRow) -> Result<(), StoreError>;

    /// Forgets every consent of a user for a client and revokes the grants between them with
    /// reason `consent_revoked`; how many grants.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn revoke_consent(
        &mut self,
        user: &UserId,
        client: &ClientId,
        now: Timestamp,
    ) -> Result<usize, StoreError>;
}
