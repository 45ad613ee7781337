//! The `throttle` table.

use diesel::prelude::*;
use keywright_core::store::{StoreError, ThrottleRow, ThrottleTx};
use keywright_core::time::{Seconds, Timestamp};

use crate::schema::throttle;
use crate::transaction::Transaction;

#[derive(Queryable, Insertable)]
#[diesel(table_name = throttle)]
struct Stored {
    key: String,
    failures: i64,
    last_at: i64,
    expires_at: i64,
}

impl From<Stored> for ThrottleRow {
    fn from(row: Stored) -> Self {
        Self {
            key: row.key,
            failures: row.failures,
            last_at: Timestamp(row.last_at),
            expires_at: Timestamp(row.expires_at),
        }
    }
}

impl ThrottleTx for Transaction<'_> {
    fn find_throttle(&mut self, key: &str) -> Result<Option<ThrottleRow>, StoreError> {
        let found = self.run(|c| throttle::table.find(key).get_result::<Stored>(c).optional())?;
        Ok(found.map(ThrottleRow::from))
    }

    fn claim_throttle(
        &mut self,
        from: Option<&ThrottleRow>,
        to: &ThrottleRow,
    ) -> Result<bool, StoreError> {
        let Some(from) = from else {
            let row = Stored {
                key: to.key.clone(),
                failures: to.failures,
                last_at: to.last_at.0,
                expires_at: to.expires_at.0,
            };
            return self
                .claim_insert(|c| diesel::insert_into(throttle::table).values(row).execute(c));
        };
        let unchanged = throttle::table
            .find(&from.key)
            .filter(throttle::failures.eq(from.failures))
            .filter(throttle::last_at.eq(from.last_at.0))
            .filter(throttle::expires_at.eq(from.expires_at.0));
        let count = self.run(|c| {
            diesel::update(unchanged)
                .set((
                    throttle::failures.eq(to.failures),
                    throttle::last_at.eq(to.last_at.0),
                    throttle::expires_at.eq(to.expires_at.0),
                ))
                .execute(c)
        })?;
        Ok(count == 1)
    }

    fn refund_throttle(&mut self, key: &str, sooner: Seconds) -> Result<(), StoreError> {
        let counted = throttle::table.find(key).filter(throttle::failures.gt(0));
        self.run(|c| {
            diesel::update(counted)
                .set((
                    throttle::failures.eq(throttle::failures - 1),
                    throttle::expires_at.eq(throttle::expires_at - sooner.0),
                ))
                .execute(c)
        })?;
        Ok(())
    }
}
