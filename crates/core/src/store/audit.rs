//! What happened, for whoever must answer for it.

use serde_json::{Map, Value};

use super::StoreError;
use crate::id::{ClientId, GrantId, RowId, UserId};
use crate::time::Timestamp;

/// An audit event. Never holds a secret.
#[derive(Debug, Clone)]
pub struct AuditEvent {
    /// Its name.
    pub id: RowId,
    /// When.
    pub at: Timestamp,
    /// What: dotted lower case, such as `code.replayed`, `refresh.reused`, `login.failed`.
    pub kind: String,
    /// The request that caused it; empty for a job or the command line.
    pub request_id: String,
    /// Whom it concerns.
    pub user_id: Option<UserId>,
    /// Which client.
    pub client_id: Option<ClientId>,
    /// Which grant.
    pub grant_id: Option<GrantId>,
    /// More, by kind.
    pub details: Map<String, Value>,
}

/// Which audit events to read.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// Only of this kind.
    pub kind: Option<String>,
    /// Only about this user.
    pub user_id: Option<UserId>,
    /// Only about this client.
    pub client_id: Option<ClientId>,
    /// Only at or after this instant.
    pub since: Option<Timestamp>,
}

/// The `audit_events` table.
pub trait AuditTx {
    /// Adds an event.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn audit(&mut self, event: &AuditEvent) -> Result<(), StoreError>;

    /// Events that match, newest first, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails or a row is corrupt.
    fn audit_events(
        &mut self,
        filter: &AuditFilter,
        limit: u32,
    ) -> Result<Vec<AuditEvent>, StoreError>;
}
