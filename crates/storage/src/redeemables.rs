//! What is redeemed under a grant: the `codes`, `refresh_tokens`, `access_tokens` and
//! `revoked_tokens` tables.

use diesel::prelude::*;
use keywright_core::id::{ClientId, GrantId, Jti};
use keywright_core::secret::Digest;
use keywright_core::store::{
    AccessTokenRow, CodeRow, RedeemableTx, RefreshRow, Rotated, Rotation, Standing, StoreError,
};
use keywright_core::time::Timestamp;

use crate::column::{RowName, json_text, optional_json_text, seconds};
use crate::db::on_either;
use crate::grants::{StoredStanding, read_standing};
use crate::prepared::{RedeemCode, Rotate};
use crate::schema::{
    access_tokens, codes, grants, refresh_tokens, revoked_tokens, sessions, users,
};
use crate::transaction::Transaction;

#[derive(Queryable, Insertable)]
#[diesel(table_name = codes, treat_none_as_default_value = false)]
struct StoredCode {
    grant_id: String,
    digest: Vec<u8>,
    client_id: String,
    redirect_uri: String,
    redirect_uri_given: bool,
    nonce: Option<String>,
    challenge: Option<String>,
    confirmation: Option<String>,
    created_at: i64,
    expires_at: i64,
    redeemed_at: Option<i64>,
}

impl StoredCode {
    fn new(row: &CodeRow) -> Result<Self, StoreError> {
        Ok(Self {
            grant_id: row.grant_id.to_string(),
            digest: row.digest.0.to_vec(),
            client_id: row.client_id.to_string(),
            redirect_uri: row.redirect_uri.clone(),
            redirect_uri_given: row.redirect_uri_given,
            nonce: row.nonce.clone(),
            challenge: row.challenge.clone(),
            confirmation: optional_json_text(row.confirmation.as_ref())?,
            created_at: row.created_at.0,
            expires_at: row.expires_at.0,
            redeemed_at: seconds(row.redeemed_at),
        })
    }

    fn read(self) -> Result<CodeRow, StoreError> {
        let name = RowName { table: "codes", id: &self.grant_id };
        Ok(CodeRow {
            digest: name.digest("digest", &self.digest)?,
            confirmation: name.optional_json("confirmation", self.confirmation.as_deref())?,
            client_id: ClientId::new(self.client_id),
            redirect_uri: self.redirect_uri,
            redirect_uri_given: self.redirect_uri_given,
            nonce: self.nonce,
            challenge: self.challenge,
            created_at: Timestamp(self.created_at),
            expires_at: Timestamp(self.expires_at),
            redeemed_at: self.redeemed_at.map(Timestamp),
            grant_id: GrantId::new(self.grant_id),
        })
    }
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = refresh_tokens)]
struct StoredRefresh {
    grant_id: String,
    family: Vec<u8>,
    token: Vec<u8>,
    generation: i64,
    idle_expires_at: i64,
    recent: String,
}

impl StoredRefresh {
    fn read(self) -> Result<RefreshRow, StoreError> {
        let name = RowName { table: "refresh_tokens", id: &self.grant_id };
        Ok(RefreshRow {
            family: name.digest("family", &self.family)?,
            token: name.digest("token", &self.token)?,
            recent: name.json("recent", &self.recent)?,
            generation: self.generation,
            idle_expires_at: Timestamp(self.idle_expires_at),
            grant_id: GrantId::new(self.grant_id),
        })
    }
}

/// Recent rotations as JSON, padded to what one of them takes. A row that its first rotation makes longer
/// would push its neighbours to other pages, and each of these is written as well.
fn stored_recent(recent: &[Rotated]) -> Result<String, StoreError> {
    const ONE: usize = 224;
    Ok(format!("{:ONE$}", json_text(recent)?))
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = access_tokens, treat_none_as_default_value = false)]
struct StoredAccessToken {
    digest: Vec<u8>,
    grant_id: Option<String>,
    client_id: String,
    claims: String,
    expires_at: i64,
}

/// What a table holds for a grant, with the grant and what that stands on, as one statement sees them.
macro_rules! find_with_standing {
    ($transaction:ident, $table:ident, $stored:ty, $grant:ident) => {{
        let query = $table::table
            .inner_join(grants::table.on(grants::id.eq($table::grant_id)))
            .left_join(users::table.on(grants::user_id.eq(users::id.nullable())))
            .left_join(sessions::table.on(grants::sid.eq(sessions::sid.nullable())))
            .filter($table::grant_id.eq($grant.as_str()))
            .select((
                $table::all_columns,
                (
                    grants::all_columns,
                    users::all_columns.nullable(),
                    sessions::expires_at.nullable(),
                ),
            ));
        let found = $transaction.run(|c| {
            on_either!(c, |c| query.get_result::<($stored, StoredStanding)>(c).optional())
        })?;
        found.map(|(row, standing)| Ok((row.read()?, read_standing(standing)?))).transpose()
    }};
}

impl RedeemableTx for Transaction<'_> {
    fn find_code(&mut self, grant: &GrantId) -> Result<Option<(CodeRow, Standing)>, StoreError> {
        find_with_standing!(self, codes, StoredCode, grant)
    }

    fn insert_code(&mut self, code: &CodeRow) -> Result<(), StoreError> {
        let row = StoredCode::new(code)?;
        self.insert_new(|c| {
            on_either!(c, |c| diesel::insert_into(codes::table).values(row).execute(c))
        })
    }

    fn claim_code(&mut self, grant: &GrantId, now: Timestamp) -> Result<bool, StoreError> {
        let redeem = RedeemCode { grant, now };
        Ok(self.run(|c| on_either!(c, |c| redeem.execute(c)))? == 1)
    }

    fn find_refresh(
        &mut self,
        grant: &GrantId,
    ) -> Result<Option<(RefreshRow, Standing)>, StoreError> {
        find_with_standing!(self, refresh_tokens, StoredRefresh, grant)
    }

    fn insert_refresh(&mut self, row: &RefreshRow) -> Result<(), StoreError> {
        let row = StoredRefresh {
            grant_id: row.grant_id.to_string(),
            family: row.family.0.to_vec(),
            token: row.token.0.to_vec(),
            generation: row.generation,
            idle_expires_at: row.idle_expires_at.0,
            recent: stored_recent(&row.recent)?,
        };
        self.insert_new(|c| {
            on_either!(c, |c| diesel::insert_into(refresh_tokens::table).values(row).execute(c))
        })
    }

    fn rotate_refresh_token(
        &mut self,
        grant: &GrantId,
        rotation: &Rotation,
    ) -> Result<bool, StoreError> {
        let recent = stored_recent(&rotation.recent)?;
        let rotate = Rotate { grant, rotation, recent: &recent };
        let count = self.run(|c| on_either!(c, |c| rotate.execute(c)))?;
        Ok(count == 1)
    }

    fn find_access_token(&mut self, digest: &Digest) -> Result<Option<AccessTokenRow>, StoreError> {
        let query = access_tokens::table.find(digest.0.as_slice());
        let found =
            self.run(|c| on_either!(c, |c| query.get_result::<StoredAccessToken>(c).optional()))?;
        Ok(found.map(|row| AccessTokenRow {
            digest: *digest,
            grant_id: row.grant_id.map(GrantId::new),
            client_id: ClientId::new(row.client_id),
            claims: row.claims,
            expires_at: Timestamp(row.expires_at),
        }))
    }

    fn insert_access_token(&mut self, row: &AccessTokenRow) -> Result<(), StoreError> {
        let row = StoredAccessToken {
            digest: row.digest.0.to_vec(),
            grant_id: row.grant_id.as_ref().map(GrantId::to_string),
            client_id: row.client_id.to_string(),
            claims: row.claims.clone(),
            expires_at: row.expires_at.0,
        };
        self.insert_new(|c| {
            on_either!(c, |c| diesel::insert_into(access_tokens::table).values(row).execute(c))
        })
    }

    fn revoke_jti(&mut self, jti: &Jti, expires_at: Timestamp) -> Result<(), StoreError> {
        self.claim_insert(|c| {
            diesel::insert_into(revoked_tokens::table)
                .values((
                    revoked_tokens::jti.eq(jti.as_str()),
                    revoked_tokens::expires_at.eq(expires_at.0),
                ))
                .execute(c)
        })?;
        Ok(())
    }

    fn is_jti_revoked(&mut self, jti: &Jti) -> Result<bool, StoreError> {
        let query = revoked_tokens::table.find(jti.as_str()).select(revoked_tokens::expires_at);
        Ok(self.run(|c| on_either!(c, |c| query.get_result::<i64>(c).optional()))?.is_some())
    }
}
