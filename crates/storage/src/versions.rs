//! The `versions` and `settings` tables.

use diesel::prelude::*;
use keywright_core::store::{Aggregate, StoreError, VersionTx};

use crate::column::RowName;
use crate::schema::{settings, versions};
use crate::transaction::Transaction;

const fn name_of(aggregate: Aggregate) -> &'static str {
    match aggregate {
        Aggregate::Keys => "keys",
        Aggregate::Resources => "resources",
        Aggregate::Clients => "clients",
    }
}

impl Transaction<'_> {
    /// Tells whoever caches `aggregate` that it changed, once this commits.
    pub(crate) fn bump(&mut self, aggregate: Aggregate) -> Result<(), StoreError> {
        let id = name_of(aggregate);
        let row = versions::table.find(id);
        let count = self.run(|c| {
            diesel::update(row).set(versions::version.eq(versions::version + 1)).execute(c)
        })?;
        if count == 1 { Ok(()) } else { Err(RowName { table: "versions", id }.corrupt("version")) }
    }
}

impl VersionTx for Transaction<'_> {
    fn version(&mut self, aggregate: Aggregate) -> Result<i64, StoreError> {
        let id = name_of(aggregate);
        self.run(|c| versions::table.find(id).select(versions::version).get_result(c).optional())?
            .ok_or_else(|| RowName { table: "versions", id }.corrupt("version"))
    }

    fn find_setting(&mut self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.run(|c| settings::table.find(name).select(settings::value).get_result(c).optional())
    }

    fn claim_setting(&mut self, name: &str, value: &[u8]) -> Result<bool, StoreError> {
        self.claim_insert(|c| {
            diesel::insert_into(settings::table)
                .values((settings::name.eq(name), settings::value.eq(value)))
                .execute(c)
        })
    }

    fn claim_setting_removal(&mut self, name: &str, expected: &[u8]) -> Result<bool, StoreError> {
        let unchanged = settings::table.find(name).filter(settings::value.eq(expected));
        Ok(self.run(|c| diesel::delete(unchanged).execute(c))? == 1)
    }

    fn put_setting(&mut self, name: &str, value: Option<&[u8]>) -> Result<(), StoreError> {
        let Some(value) = value else {
            self.run(|c| diesel::delete(settings::table.find(name)).execute(c))?;
            return Ok(());
        };
        self.put(
            |c| {
                diesel::update(settings::table.find(name)).set(settings::value.eq(value)).execute(c)
            },
            |c| {
                diesel::insert_into(settings::table)
                    .values((settings::name.eq(name), settings::value.eq(value)))
                    .execute(c)
            },
        )
    }
}
