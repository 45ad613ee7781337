//! The `signing_keys` table.

use diesel::prelude::*;
use keywright_core::id::Kid;
use keywright_core::store::{KeyRow, KeyState, KeyTx, StoreError};
use keywright_core::time::Timestamp;

use crate::column::{RowName, seconds};
use crate::schema::signing_keys;
use crate::transaction::Transaction;
use crate::versions::Aggregate;

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(
    table_name = signing_keys,
    primary_key(kid),
    treat_none_as_null = true,
    treat_none_as_default_value = false
)]
struct Stored {
    kid: String,
    algorithm: String,
    state: String,
    public_jwk: String,
    sealed_private: Option<Vec<u8>>,
    announced_at: i64,
    activated_at: Option<i64>,
    retired_at: Option<i64>,
    removed_at: Option<i64>,
}

fn state(name: RowName<'_>, text: &str) -> Result<KeyState, StoreError> {
    let named = KeyState::ALL.iter().find(|state| state.as_str() == text);
    named.copied().ok_or_else(|| name.corrupt("state"))
}

impl Stored {
    fn new(row: &KeyRow) -> Self {
        Self {
            kid: row.kid.to_string(),
            algorithm: row.algorithm.as_str().to_owned(),
            state: row.state.as_str().to_owned(),
            public_jwk: row.public_jwk.clone(),
            sealed_private: row.sealed_private.clone(),
            announced_at: row.announced_at.0,
            activated_at: seconds(row.activated_at),
            retired_at: seconds(row.retired_at),
            removed_at: seconds(row.removed_at),
        }
    }

    fn read(self) -> Result<KeyRow, StoreError> {
        let name = RowName { table: "signing_keys", id: &self.kid };
        Ok(KeyRow {
            algorithm: self.algorithm.parse().map_err(|_| name.corrupt("algorithm"))?,
            state: state(name, &self.state)?,
            public_jwk: self.public_jwk,
            sealed_private: self.sealed_private,
            announced_at: Timestamp(self.announced_at),
            activated_at: self.activated_at.map(Timestamp),
            retired_at: self.retired_at.map(Timestamp),
            removed_at: self.removed_at.map(Timestamp),
            kid: Kid::new(self.kid),
        })
    }
}

impl KeyTx for Transaction<'_> {
    fn keys(&mut self) -> Result<Vec<KeyRow>, StoreError> {
        let query = signing_keys::table.order((signing_keys::announced_at, signing_keys::kid));
        self.run(|c| query.load::<Stored>(c))?.into_iter().map(Stored::read).collect()
    }

    fn insert_key(&mut self, key: &KeyRow) -> Result<(), StoreError> {
        let row = Stored::new(key);
        self.unless_taken("signing key", |c| {
            diesel::insert_into(signing_keys::table).values(row).execute(c)
        })?;
        self.bump(Aggregate::Keys)
    }

    fn claim_key_step(&mut self, key: &KeyRow, from: KeyState) -> Result<bool, StoreError> {
        let unchanged = signing_keys::table
            .find(key.kid.as_str())
            .filter(signing_keys::state.eq(from.as_str()));
        let row = Stored::new(key);
        let won = self.run(|c| diesel::update(unchanged).set(row).execute(c))? == 1;
        if won {
            self.bump(Aggregate::Keys)?;
        }
        Ok(won)
    }
}
