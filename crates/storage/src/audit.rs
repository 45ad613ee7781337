//! The `audit_events` table.

use diesel::prelude::*;
use keywright_core::id::{ClientId, GrantId, RowId, UserId};
use keywright_core::store::{AuditEvent, AuditFilter, AuditTx, StoreError};
use keywright_core::time::Timestamp;

use crate::column::{RowName, json_text};
use crate::db::on_either;
use crate::schema::audit_events;
use crate::transaction::Transaction;

#[derive(Queryable, Insertable)]
#[diesel(table_name = audit_events, treat_none_as_default_value = false)]
struct Stored {
    id: String,
    at: i64,
    kind: String,
    request_id: String,
    user_id: Option<String>,
    client_id: Option<String>,
    grant_id: Option<String>,
    details: String,
}

impl Stored {
    fn read(self) -> Result<AuditEvent, StoreError> {
        let name = RowName { table: "audit_events", id: &self.id };
        Ok(AuditEvent {
            details: name.json("details", &self.details)?,
            at: Timestamp(self.at),
            kind: self.kind,
            request_id: self.request_id,
            user_id: self.user_id.map(UserId::new),
            client_id: self.client_id.map(ClientId::new),
            grant_id: self.grant_id.map(GrantId::new),
            id: RowId::new(self.id),
        })
    }
}

impl AuditTx for Transaction<'_> {
    fn audit(&mut self, event: &AuditEvent) -> Result<(), StoreError> {
        let row = Stored {
            id: event.id.to_string(),
            at: event.at.0,
            kind: event.kind.clone(),
            request_id: event.request_id.clone(),
            user_id: event.user_id.as_ref().map(UserId::to_string),
            client_id: event.client_id.as_ref().map(ClientId::to_string),
            grant_id: event.grant_id.as_ref().map(GrantId::to_string),
            details: json_text(&event.details)?,
        };
        self.insert_new(|c| {
            on_either!(c, |c| diesel::insert_into(audit_events::table).values(row).execute(c))
        })?;
        self.events.push(event.clone());
        Ok(())
    }

    fn audit_events(
        &mut self,
        filter: &AuditFilter,
        limit: u32,
    ) -> Result<Vec<AuditEvent>, StoreError> {
        let rows: Vec<Stored> = self.run(|c| {
            let mut query = audit_events::table
                .order((audit_events::at.desc(), audit_events::id.desc()))
                .limit(limit.into())
                .into_boxed();
            if let Some(kind) = &filter.kind {
                query = query.filter(audit_events::kind.eq(kind));
            }
            if let Some(user) = &filter.user_id {
                query = query.filter(audit_events::user_id.eq(user.as_str()));
            }
            if let Some(client) = &filter.client_id {
                query = query.filter(audit_events::client_id.eq(client.as_str()));
            }
            if let Some(since) = filter.since {
                query = query.filter(audit_events::at.ge(since.0));
            }
            query.load(c)
        })?;
        rows.into_iter().map(Stored::read).collect()
    }
}
