//! Audit events that the protocol writes, each in the transaction of what it tells of.

use serde_json::Map;

use crate::error::Error;
use crate::id::{ClientId, GrantId, RowId, UserId};
use crate::provider::Provider;
use crate::store::{AuditEvent, Tx};
use crate::time::Timestamp;

/// Records something that happened to a grant.
///
/// # Errors
/// [`Error::Store`] when the database fails.
pub fn of_grant(
    provider: &Provider,
    tx: &mut dyn Tx,
    kind: &'static str,
    (grant, client): (&GrantId, &ClientId),
    now: Timestamp,
) -> Result<(), Error> {
    let mut event = event(provider, kind, now)?;
    event.grant_id = Some(grant.clone());
    event.client_id = Some(client.clone());
    Ok(tx.audit(&event)?)
}

/// Records something that happened to a user.
///
/// # Errors
/// [`Error::Store`] when the database fails.
pub fn of_user(
    provider: &Provider,
    tx: &mut dyn Tx,
    kind: &'static str,
    user: Option<&UserId>,
    now: Timestamp,
) -> Result<(), Error> {
    let mut event = event(provider, kind, now)?;
    event.user_id = user.cloned();
    Ok(tx.audit(&event)?)
}

fn event(provider: &Provider, kind: &'static str, now: Timestamp) -> Result<AuditEvent, Error> {
    Ok(AuditEvent {
        id: RowId::generate(provider.random.as_ref())?,
        at: now,
        kind: kind.to_owned(),
        request_id: String::new(),
        user_id: None,
        client_id: None,
        grant_id: None,
        details: Map::new(),
    })
}
