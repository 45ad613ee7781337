//! The `grants` table.

use diesel::prelude::*;
use keywright_core::id::{ClientId, GrantId, Jti, Sid, Subject, UserId};
use keywright_core::store::{GrantRow, GrantTx, Standing, StoreError, UserTx as _};
use keywright_core::time::Timestamp;

use crate::column::{RowName, json_text, optional_json_text, seconds};
use crate::db::on_either;
use crate::schema::{grants, revoked_tokens, sessions, users};
use crate::transaction::Transaction;
use crate::users::Stored as StoredUser;

#[derive(Queryable, Insertable)]
#[diesel(table_name = grants, treat_none_as_default_value = false)]
pub(crate) struct Stored {
    id: String,
    user_id: Option<String>,
    client_id: String,
    sid: Option<String>,
    session_bound: bool,
    subject: String,
    scopes: String,
    resources: String,
    claims: String,
    auth_time: i64,
    acr: Option<String>,
    amr: String,
    confirmation: Option<String>,
    actor: String,
    created_at: i64,
    expires_at: i64,
    revoked_at: Option<i64>,
    revoked_reason: Option<String>,
}

impl Stored {
    fn new(row: &GrantRow) -> Result<Self, StoreError> {
        let (revoked_at, revoked_reason) = row.revoked.clone().unzip();
        Ok(Self {
            id: row.id.to_string(),
            user_id: row.user_id.as_ref().map(UserId::to_string),
            client_id: row.client_id.to_string(),
            sid: row.sid.as_ref().map(Sid::to_string),
            session_bound: row.session_bound,
            subject: row.subject.to_string(),
            scopes: json_text(&row.scopes)?,
            resources: json_text(&row.resources)?,
            claims: json_text(&row.claims)?,
            auth_time: row.auth_time.0,
            acr: row.acr.clone(),
            amr: json_text(&row.amr)?,
            confirmation: optional_json_text(row.confirmation.as_ref())?,
            actor: json_text(&row.actor)?,
            created_at: row.created_at.0,
            expires_at: row.expires_at.0,
            revoked_at: seconds(revoked_at),
            revoked_reason,
        })
    }

    fn read(self) -> Result<GrantRow, StoreError> {
        let name = RowName { table: "grants", id: &self.id };
        let revoked = match (self.revoked_at, self.revoked_reason) {
            (Some(at), Some(reason)) => Some((Timestamp(at), reason)),
            (None, None) => None,
            _ => return Err(name.corrupt("revoked_at")),
        };
        Ok(GrantRow {
            scopes: name.json("scopes", &self.scopes)?,
            resources: name.json("resources", &self.resources)?,
            claims: name.json::<Option<_>>("claims", &self.claims)?.unwrap_or_default(),
            amr: name.json("amr", &self.amr)?,
            confirmation: name.optional_json("confirmation", self.confirmation.as_deref())?,
            actor: name.json("actor", &self.actor)?,
            revoked,
            user_id: self.user_id.map(UserId::new),
            client_id: ClientId::new(self.client_id),
            sid: self.sid.map(Sid::new),
            session_bound: self.session_bound,
            subject: Subject::new(self.subject),
            auth_time: Timestamp(self.auth_time),
            acr: self.acr,
            created_at: Timestamp(self.created_at),
            expires_at: Timestamp(self.expires_at),
            id: GrantId::new(self.id),
        })
    }
}

/// A grant, its user and the end of its session.
pub(crate) type StoredStanding = (Stored, Option<StoredUser>, Option<i64>);

pub(crate) fn read_standing(
    (grant, user, session_expires_at): StoredStanding,
) -> Result<Standing, StoreError> {
    Ok(Standing {
        grant: grant.read()?,
        user: user.map(StoredUser::read).transpose()?,
        session_expires_at: session_expires_at.map(Timestamp),
        jti_revoked: false,
    })
}

impl GrantTx for Transaction<'_> {
    fn find_standing(
        &mut self,
        id: &GrantId,
        jti: Option<&Jti>,
    ) -> Result<Option<Standing>, StoreError> {
        // No token has an empty `jti`.
        let jti = jti.map_or("", Jti::as_str);
        let query = grants::table
            .left_join(users::table.on(grants::user_id.eq(users::id.nullable())))
            .left_join(sessions::table.on(grants::sid.eq(sessions::sid.nullable())))
            .left_join(revoked_tokens::table.on(revoked_tokens::jti.eq(jti)))
            .filter(grants::id.eq(id.as_str()))
            .select((
                (
                    grants::all_columns,
                    users::all_columns.nullable(),
                    sessions::expires_at.nullable(),
                ),
                revoked_tokens::expires_at.nullable(),
            ));
        let found = self.run(|c| {
            on_either!(c, |c| query.get_result::<(StoredStanding, Option<i64>)>(c).optional())
        })?;
        let Some((standing, revoked_until)) = found else { return Ok(None) };
        let jti_revoked = revoked_until.is_some();
        Ok(Some(Standing { jti_revoked, ..read_standing(standing)? }))
    }

    fn live_grants_of(
        &mut self,
        user: &UserId,
        now: Timestamp,
    ) -> Result<Vec<GrantRow>, StoreError> {
        let query = grants::table
            .filter(grants::user_id.eq(user.as_str()))
            .filter(grants::revoked_at.is_null())
            .filter(grants::expires_at.gt(now.0))
            .order((grants::created_at.desc(), grants::id.desc()));
        self.run(|c| query.load::<Stored>(c))?.into_iter().map(Stored::read).collect()
    }

    fn insert_grant(&mut self, grant: &GrantRow) -> Result<(), StoreError> {
        let row = Stored::new(grant)?;
        self.insert_new(|c| {
            on_either!(c, |c| diesel::insert_into(grants::table).values(row).execute(c))
        })
    }

    fn revoke_grant(
        &mut self,
        id: &GrantId,
        now: Timestamp,
        reason: &str,
    ) -> Result<bool, StoreError> {
        let live = grants::table.find(id.as_str()).filter(grants::revoked_at.is_null());
        let revoked = (grants::revoked_at.eq(Some(now.0)), grants::revoked_reason.eq(Some(reason)));
        Ok(self.run(|c| diesel::update(live).set(revoked).execute(c))? == 1)
    }

    fn revoke_grants_of(
        &mut self,
        user: &UserId,
        client: Option<&ClientId>,
        now: Timestamp,
        reason: &str,
    ) -> Result<usize, StoreError> {
        self.hold_user(user)?;
        let live = grants::user_id
            .eq(user.as_str())
            .and(grants::revoked_at.is_null())
            .and(grants::expires_at.gt(now.0));
        let revoked = (grants::revoked_at.eq(Some(now.0)), grants::revoked_reason.eq(Some(reason)));
        self.run(|c| match client {
            None => diesel::update(grants::table.filter(live)).set(revoked).execute(c),
            Some(client) => {
                let of_client = grants::client_id.eq(client.as_str());
                diesel::update(grants::table.filter(live.and(of_client))).set(revoked).execute(c)
            }
        })
    }
}
