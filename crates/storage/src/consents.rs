//! The `consents` table.

use diesel::prelude::*;
use keywright_core::id::{ClientId, UserId};
use keywright_core::store::{
    ConsentKey, ConsentRow, ConsentTx, GrantTx as _, StoreError, UserTx as _,
};
use keywright_core::time::Timestamp;

use crate::schema::consents;
use crate::transaction::Transaction;

#[derive(Queryable, Insertable)]
#[diesel(table_name = consents)]
struct Stored {
    user_id: String,
    client_id: String,
    resource: String,
    scope: String,
    claim: String,
    granted_at: i64,
}

impl From<Stored> for ConsentRow {
    fn from(row: Stored) -> Self {
        Self {
            user_id: UserId::new(row.user_id),
            client_id: ClientId::new(row.client_id),
            key: ConsentKey { resource: row.resource, scope: row.scope, claim: row.claim },
            granted_at: Timestamp(row.granted_at),
        }
    }
}

impl ConsentTx for Transaction<'_> {
    fn consents(
        &mut self,
        user: &UserId,
        client: Option<&ClientId>,
    ) -> Result<Vec<ConsentRow>, StoreError> {
        let rows: Vec<Stored> = self.run(|c| {
            let query = consents::table.filter(consents::user_id.eq(user.as_str())).order((
                consents::client_id,
                consents::resource,
                consents::scope,
                consents::claim,
            ));
            match client {
                None => query.load(c),
                Some(client) => query.filter(consents::client_id.eq(client.as_str())).load(c),
            }
        })?;
        Ok(rows.into_iter().map(ConsentRow::from).collect())
    }

    fn put_consent(&mut self, row: &ConsentRow) -> Result<(), StoreError> {
        let row = Stored {
            user_id: row.user_id.to_string(),
            client_id: row.client_id.to_string(),
            resource: row.key.resource.clone(),
            scope: row.key.scope.clone(),
            claim: row.key.claim.clone(),
            granted_at: row.granted_at.0,
        };
        self.claim_insert(|c| diesel::insert_into(consents::table).values(row).execute(c))?;
        Ok(())
    }

    fn revoke_consent(
        &mut self,
        user: &UserId,
        client: &ClientId,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        self.hold_user(user)?;
        let between = consents::table
            .filter(consents::user_id.eq(user.as_str()))
            .filter(consents::client_id.eq(client.as_str()));
        self.run(|c| diesel::delete(between).execute(c))?;
        self.revoke_grants_of(user, Some(client), now, "consent_revoked")
    }
}
