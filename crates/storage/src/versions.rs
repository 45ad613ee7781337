//! The `versions` and `settings` tables.

use diesel::prelude::*;
use keywright_core::store::{StoreError, VersionTx, Versions};

use crate::column::RowName;
use crate::db::on_either;
use crate::schema::{settings, versions};
use crate::transaction::Transaction;

/// What has a counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Aggregate {
    Keys,
    Resources,
    Clients,
}

const fn name_of(aggregate: Aggregate) -> &'static str {
    match aggregate {
        Aggregate::Keys => "keys",
        Aggregate::Resources => "resources",
        Aggregate::Clients => "clients",
    }
}

fn missing(aggregate: Aggregate) -> StoreError {
    RowName { table: "versions", id: name_of(aggregate) }.corrupt("version")
}

impl Transaction<'_> {
    /// Tells whoever caches `aggregate` that it changed, once this commits.
    pub(crate) fn bump(&mut self, aggregate: Aggregate) -> Result<(), StoreError> {
        let row = versions::table.find(name_of(aggregate));
        let count = self.run(|c| {
            diesel::update(row).set(versions::version.eq(versions::version + 1)).execute(c)
        })?;
        if count == 1 { Ok(()) } else { Err(missing(aggregate)) }
    }
}

impl VersionTx for Transaction<'_> {
    fn versions(&mut self) -> Result<Versions, StoreError> {
        let query = versions::table.select((versions::aggregate, versions::version));
        let rows = self.run(|c| on_either!(c, |c| query.load::<(String, i64)>(c)))?;
        let of = |aggregate| {
            let row = rows.iter().find(|(name, _)| name == name_of(aggregate));
            row.map(|(_, version)| *version).ok_or_else(|| missing(aggregate))
        };
        Ok(Versions {
            keys: of(Aggregate::Keys)?,
            resources: of(Aggregate::Resources)?,
            clients: of(Aggregate::Clients)?,
        })
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
