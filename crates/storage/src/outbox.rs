//! The `outbox` table.

use diesel::prelude::*;
use keywright_core::id::RowId;
use keywright_core::store::{OutboxRow, OutboxTx, StoreError};
use keywright_core::time::Timestamp;

use crate::column::seconds;
use crate::schema::outbox;
use crate::transaction::Transaction;

#[derive(Queryable, Insertable)]
#[diesel(table_name = outbox, treat_none_as_default_value = false)]
struct Stored {
    id: String,
    kind: String,
    sealed_payload: Vec<u8>,
    due_at: i64,
    attempts: i32,
    leased_until: Option<i64>,
}

impl From<Stored> for OutboxRow {
    fn from(row: Stored) -> Self {
        Self {
            id: RowId::new(row.id),
            kind: row.kind,
            sealed_payload: row.sealed_payload,
            due_at: Timestamp(row.due_at),
            attempts: row.attempts,
            leased_until: row.leased_until.map(Timestamp),
        }
    }
}

impl OutboxTx for Transaction<'_> {
    fn insert_outbox(&mut self, row: &OutboxRow) -> Result<(), StoreError> {
        let row = Stored {
            id: row.id.to_string(),
            kind: row.kind.clone(),
            sealed_payload: row.sealed_payload.clone(),
            due_at: row.due_at.0,
            attempts: row.attempts,
            leased_until: seconds(row.leased_until),
        };
        self.insert_new(|c| diesel::insert_into(outbox::table).values(row).execute(c))
    }

    fn due_outbox(&mut self, now: Timestamp, limit: u32) -> Result<Vec<OutboxRow>, StoreError> {
        let query = outbox::table
            .filter(outbox::due_at.le(now.0))
            .filter(outbox::leased_until.is_null().or(outbox::leased_until.le(now.0)))
            .order((outbox::due_at, outbox::id))
            .limit(limit.into());
        let rows = self.run(|c| query.load::<Stored>(c))?;
        Ok(rows.into_iter().map(OutboxRow::from).collect())
    }

    fn claim_outbox(
        &mut self,
        id: &RowId,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let free = outbox::table
            .find(id.as_str())
            .filter(outbox::leased_until.is_null().or(outbox::leased_until.le(now.0)));
        let count = self.run(|c| {
            diesel::update(free)
                .set((
                    outbox::leased_until.eq(Some(until.0)),
                    outbox::attempts.eq(outbox::attempts + 1),
                ))
                .execute(c)
        })?;
        Ok(count == 1)
    }

    fn retry_outbox(&mut self, id: &RowId, due_at: Timestamp) -> Result<(), StoreError> {
        let found = outbox::table.find(id.as_str());
        self.run(|c| {
            diesel::update(found)
                .set((outbox::due_at.eq(due_at.0), outbox::leased_until.eq(None::<i64>)))
                .execute(c)
        })?;
        Ok(())
    }

    fn remove_outbox(&mut self, id: &RowId) -> Result<(), StoreError> {
        self.run(|c| diesel::delete(outbox::table.find(id.as_str())).execute(c))?;
        Ok(())
    }
}
