//! The `resources` table.

use diesel::prelude::*;
use keywright_core::resource::Resource;
use keywright_core::store::{ResourceRow, ResourceTx, StoreError};
use keywright_core::time::Timestamp;

use crate::column::{RowName, json_text, seconds};
use crate::schema::resources;
use crate::transaction::Transaction;
use crate::versions::Aggregate;

#[derive(Clone, Queryable, Insertable, AsChangeset)]
#[diesel(table_name = resources, treat_none_as_null = true, treat_none_as_default_value = false)]
struct Stored {
    identifier: String,
    document: String,
    origin: String,
    disabled_at: Option<i64>,
}

impl Stored {
    fn new(row: &ResourceRow) -> Result<Self, StoreError> {
        Ok(Self {
            identifier: row.resource.identifier.clone(),
            document: json_text(&row.resource)?,
            origin: row.origin.as_str().to_owned(),
            disabled_at: seconds(row.disabled_at),
        })
    }

    fn read(self) -> Result<ResourceRow, StoreError> {
        let name = RowName { table: "resources", id: &self.identifier };
        let resource: Resource = name.json("document", &self.document)?;
        if resource.identifier != self.identifier {
            return Err(name.corrupt("document"));
        }
        Ok(ResourceRow {
            resource,
            origin: name.origin(&self.origin)?,
            disabled_at: self.disabled_at.map(Timestamp),
        })
    }
}

impl ResourceTx for Transaction<'_> {
    fn resources(&mut self) -> Result<Vec<ResourceRow>, StoreError> {
        self.run(|c| resources::table.order(resources::identifier).load::<Stored>(c))?
            .into_iter()
            .map(Stored::read)
            .collect()
    }

    fn insert_resource(&mut self, row: &ResourceRow) -> Result<(), StoreError> {
        let row = Stored::new(row)?;
        self.unless_taken("resource", |c| {
            diesel::insert_into(resources::table).values(row).execute(c)
        })?;
        self.bump(Aggregate::Resources)
    }

    fn remove_resource(&mut self, identifier: &str) -> Result<bool, StoreError> {
        let found = resources::table.find(identifier);
        let count = self.run(|c| diesel::delete(found).execute(c))?;
        self.bump(Aggregate::Resources)?;
        Ok(count == 1)
    }

    fn put_resource(&mut self, row: &ResourceRow) -> Result<(), StoreError> {
        let row = Stored::new(row)?;
        self.put(
            |c| diesel::update(resources::table.find(&row.identifier)).set(row.clone()).execute(c),
            |c| diesel::insert_into(resources::table).values(row.clone()).execute(c),
        )?;
        self.bump(Aggregate::Resources)
    }
}
