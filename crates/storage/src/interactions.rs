//! The `interactions` table.

use diesel::prelude::*;
use keywright_core::id::InteractionId;
use keywright_core::store::{InteractionRow, InteractionTx, StoreError};
use keywright_core::time::Timestamp;

use crate::column::RowName;
use crate::schema::interactions;
use crate::transaction::Transaction;

#[derive(Queryable, Insertable)]
#[diesel(table_name = interactions)]
struct Stored {
    id: String,
    browser: Vec<u8>,
    document: String,
    created_at: i64,
    expires_at: i64,
}

impl Stored {
    fn read(self) -> Result<InteractionRow, StoreError> {
        let name = RowName { table: "interactions", id: &self.id };
        Ok(InteractionRow {
            browser: name.digest("browser", &self.browser)?,
            document: self.document,
            created_at: Timestamp(self.created_at),
            expires_at: Timestamp(self.expires_at),
            id: InteractionId::new(self.id),
        })
    }
}

impl InteractionTx for Transaction<'_> {
    fn find_interaction(
        &mut self,
        id: &InteractionId,
    ) -> Result<Option<InteractionRow>, StoreError> {
        let query = interactions::table.find(id.as_str());
        self.run(|c| query.get_result::<Stored>(c).optional())?.map(Stored::read).transpose()
    }

    fn insert_interaction(&mut self, row: &InteractionRow) -> Result<(), StoreError> {
        let row = Stored {
            id: row.id.to_string(),
            browser: row.browser.0.to_vec(),
            document: row.document.clone(),
            created_at: row.created_at.0,
            expires_at: row.expires_at.0,
        };
        self.insert_new(|c| diesel::insert_into(interactions::table).values(row).execute(c))
    }

    fn claim_interaction_step(
        &mut self,
        id: &InteractionId,
        from: &str,
        to: &str,
    ) -> Result<bool, StoreError> {
        let unchanged =
            interactions::table.find(id.as_str()).filter(interactions::document.eq(from));
        let count =
            self.run(|c| diesel::update(unchanged).set(interactions::document.eq(to)).execute(c))?;
        Ok(count == 1)
    }

    fn claim_interaction(&mut self, id: &InteractionId) -> Result<bool, StoreError> {
        let found = interactions::table.find(id.as_str());
        Ok(self.run(|c| diesel::delete(found).execute(c))? == 1)
    }
}
