//! The `clients` and `client_secrets` tables.

use diesel::prelude::*;
use keywright_core::id::{ClientId, RowId};
use keywright_core::store::{ClientRow, ClientSecretRow, ClientTx, StoreError};
use keywright_core::time::Timestamp;

use crate::column::{RowName, json_text, seconds};
use crate::schema::{client_secrets, clients, codes, grants, refresh_tokens};
use crate::transaction::Transaction;
use crate::versions::Aggregate;

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = clients, treat_none_as_null = true, treat_none_as_default_value = false)]
struct Stored {
    id: String,
    metadata: String,
    origin: String,
    disabled_at: Option<i64>,
    tokens_not_before: Option<i64>,
    created_at: i64,
    updated_at: i64,
}

impl Stored {
    fn new(row: &ClientRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id.to_string(),
            metadata: json_text(&row.metadata)?,
            origin: row.origin.as_str().to_owned(),
            disabled_at: seconds(row.disabled_at),
            tokens_not_before: seconds(row.tokens_not_before),
            created_at: row.created_at.0,
            updated_at: row.updated_at.0,
        })
    }

    fn read(self) -> Result<ClientRow, StoreError> {
        let name = RowName { table: "clients", id: &self.id };
        Ok(ClientRow {
            metadata: name.json("metadata", &self.metadata)?,
            origin: name.origin(&self.origin)?,
            disabled_at: self.disabled_at.map(Timestamp),
            tokens_not_before: self.tokens_not_before.map(Timestamp),
            created_at: Timestamp(self.created_at),
            updated_at: Timestamp(self.updated_at),
            id: ClientId::new(self.id),
        })
    }
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = client_secrets, treat_none_as_default_value = false)]
struct StoredSecret {
    id: String,
    client_id: String,
    digest: Vec<u8>,
    created_at: i64,
    expires_at: Option<i64>,
}

impl StoredSecret {
    fn new(row: &ClientSecretRow) -> Self {
        Self {
            id: row.id.to_string(),
            client_id: row.client_id.to_string(),
            digest: row.digest.0.to_vec(),
            created_at: row.created_at.0,
            expires_at: seconds(row.expires_at),
        }
    }

    fn read(self) -> Result<ClientSecretRow, StoreError> {
        let name = RowName { table: "client_secrets", id: &self.id };
        Ok(ClientSecretRow {
            digest: name.digest("digest", &self.digest)?,
            client_id: ClientId::new(self.client_id),
            created_at: Timestamp(self.created_at),
            expires_at: self.expires_at.map(Timestamp),
            id: RowId::new(self.id),
        })
    }
}

impl ClientTx for Transaction<'_> {
    fn find_client(&mut self, id: &ClientId) -> Result<Option<ClientRow>, StoreError> {
        self.run(|c| clients::table.find(id.as_str()).get_result::<Stored>(c).optional())?
            .map(Stored::read)
            .transpose()
    }

    fn clients(&mut self) -> Result<Vec<ClientRow>, StoreError> {
        self.run(|c| clients::table.order(clients::id).load::<Stored>(c))?
            .into_iter()
            .map(Stored::read)
            .collect()
    }

    fn insert_client(&mut self, client: &ClientRow) -> Result<(), StoreError> {
        let row = Stored::new(client)?;
        self.unless_taken("client", |c| {
            diesel::insert_into(clients::table).values(row).execute(c)
        })?;
        self.bump(Aggregate::Clients)
    }

    fn update_client(&mut self, client: &ClientRow) -> Result<bool, StoreError> {
        let row = Stored::new(client)?;
        let found = clients::table.find(client.id.as_str());
        let count = self.run(|c| diesel::update(found).set(row).execute(c))?;
        self.bump(Aggregate::Clients)?;
        Ok(count == 1)
    }

    /// First what a request claims before it writes under the client: PostgreSQL would meet it the
    /// other way round, each waiting for the other.
    fn remove_client(&mut self, id: &ClientId) -> Result<bool, StoreError> {
        let theirs = grants::client_id.eq(id.as_str());
        let of_client = || grants::table.select(grants::id).filter(theirs);
        let codes = codes::grant_id.eq_any(of_client());
        self.run(|c| diesel::delete(codes::table).filter(codes).execute(c))?;
        let states = refresh_tokens::grant_id.eq_any(of_client());
        self.run(|c| diesel::delete(refresh_tokens::table).filter(states).execute(c))?;
        let count = self.run(|c| diesel::delete(clients::table.find(id.as_str())).execute(c))?;
        self.bump(Aggregate::Clients)?;
        Ok(count == 1)
    }

    fn client_secrets(&mut self, id: &ClientId) -> Result<Vec<ClientSecretRow>, StoreError> {
        self.run(|c| {
            client_secrets::table
                .filter(client_secrets::client_id.eq(id.as_str()))
                .order((client_secrets::created_at.desc(), client_secrets::id.desc()))
                .load::<StoredSecret>(c)
        })?
        .into_iter()
        .map(StoredSecret::read)
        .collect()
    }

    fn insert_client_secret(&mut self, secret: &ClientSecretRow) -> Result<(), StoreError> {
        let row = StoredSecret::new(secret);
        self.insert_new(|c| diesel::insert_into(client_secrets::table).values(row).execute(c))?;
        self.bump(Aggregate::Clients)
    }

    fn expire_client_secrets(
        &mut self,
        id: &ClientId,
        except: Option<&RowId>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        // No secret has an empty id.
        let except = except.map_or("", RowId::as_str);
        let later = client_secrets::table
            .filter(client_secrets::client_id.eq(id.as_str()))
            .filter(client_secrets::id.ne(except))
            .filter(client_secrets::expires_at.is_null().or(client_secrets::expires_at.gt(at.0)));
        self.run(|c| {
            diesel::update(later).set(client_secrets::expires_at.eq(Some(at.0))).execute(c)
        })?;
        self.bump(Aggregate::Clients)
    }
}
