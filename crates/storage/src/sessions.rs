//! The `sessions` table.

use diesel::prelude::*;
use keywright_core::id::{Sid, UserId};
use keywright_core::secret::Digest;
use keywright_core::store::{Authentication, SessionRow, SessionTx, StoreError, UserRow};
use keywright_core::time::Timestamp;

use crate::column::{RowName, json_text};
use crate::db::{hold, on_either};
use crate::schema::{grants, sessions, users};
use crate::transaction::Transaction;
use crate::users::Stored as StoredUser;

#[derive(Queryable, Insertable)]
#[diesel(table_name = sessions)]
struct Stored {
    sid: String,
    cookie: Vec<u8>,
    user_id: String,
    methods: String,
    user_agent: String,
    created_at: i64,
    last_seen_at: i64,
    expires_at: i64,
}

impl Stored {
    fn new(row: &SessionRow) -> Result<Self, StoreError> {
        Ok(Self {
            sid: row.sid.to_string(),
            cookie: row.cookie.0.to_vec(),
            user_id: row.user_id.to_string(),
            methods: json_text(&row.methods)?,
            user_agent: row.user_agent.clone(),
            created_at: row.created_at.0,
            last_seen_at: row.last_seen_at.0,
            expires_at: row.expires_at.0,
        })
    }

    fn read(self) -> Result<SessionRow, StoreError> {
        let name = RowName { table: "sessions", id: &self.sid };
        let methods: Vec<Authentication> = name.json("methods", &self.methods)?;
        if methods.is_empty() {
            return Err(name.corrupt("methods"));
        }
        Ok(SessionRow {
            cookie: name.digest("cookie", &self.cookie)?,
            methods,
            user_id: UserId::new(self.user_id),
            user_agent: self.user_agent,
            created_at: Timestamp(self.created_at),
            last_seen_at: Timestamp(self.last_seen_at),
            expires_at: Timestamp(self.expires_at),
            sid: Sid::new(self.sid),
        })
    }
}

impl SessionTx for Transaction<'_> {
    fn find_session(&mut self, cookie: &Digest) -> Result<Option<SessionRow>, StoreError> {
        let query = sessions::table.filter(sessions::cookie.eq(cookie.0.as_slice()));
        self.run(|c| on_either!(c, |c| query.get_result::<Stored>(c).optional()))?
            .map(Stored::read)
            .transpose()
    }

    fn find_session_and_user(
        &mut self,
        cookie: &Digest,
    ) -> Result<Option<(SessionRow, UserRow)>, StoreError> {
        let query = sessions::table
            .inner_join(users::table.on(users::id.eq(sessions::user_id)))
            .filter(sessions::cookie.eq(cookie.0.as_slice()))
            .select((sessions::all_columns, users::all_columns));
        let found = self
            .run(|c| on_either!(c, |c| query.get_result::<(Stored, StoredUser)>(c).optional()))?;
        found.map(|(session, user)| Ok((session.read()?, user.read()?))).transpose()
    }

    fn hold_session_and_user(
        &mut self,
        cookie: &Digest,
    ) -> Result<Option<(SessionRow, UserRow)>, StoreError> {
        // The user first, as everywhere: two transactions that hold one thing and want the other
        // would wait for each other.
        let query = users::table
            .inner_join(sessions::table.on(sessions::user_id.eq(users::id)))
            .filter(sessions::cookie.eq(cookie.0.as_slice()))
            .select((sessions::all_columns, users::all_columns));
        let found = self.run(|c| hold!(c, query, (Stored, StoredUser)))?;
        found.map(|(session, user)| Ok((session.read()?, user.read()?))).transpose()
    }

    fn find_session_by_sid(&mut self, sid: &Sid) -> Result<Option<SessionRow>, StoreError> {
        let query = sessions::table.find(sid.as_str());
        self.run(|c| query.get_result::<Stored>(c).optional())?.map(Stored::read).transpose()
    }

    fn sessions_of(&mut self, user: &UserId) -> Result<Vec<SessionRow>, StoreError> {
        let query = sessions::table
            .filter(sessions::user_id.eq(user.as_str()))
            .order((sessions::created_at.desc(), sessions::sid.desc()));
        self.run(|c| query.load::<Stored>(c))?.into_iter().map(Stored::read).collect()
    }

    fn insert_session(&mut self, session: &SessionRow) -> Result<(), StoreError> {
        let row = Stored::new(session)?;
        self.insert_new(|c| diesel::insert_into(sessions::table).values(row).execute(c))
    }

    fn touch_session(&mut self, sid: &Sid, now: Timestamp) -> Result<(), StoreError> {
        let found = sessions::table.find(sid.as_str());
        self.run(|c| diesel::update(found).set(sessions::last_seen_at.eq(now.0)).execute(c))?;
        Ok(())
    }

    fn update_session(&mut self, session: &SessionRow) -> Result<bool, StoreError> {
        let methods = json_text(&session.methods)?;
        let found = sessions::table.find(session.sid.as_str());
        let count = self.run(|c| {
            diesel::update(found)
                .set((
                    sessions::cookie.eq(session.cookie.0.as_slice()),
                    sessions::methods.eq(methods),
                    sessions::last_seen_at.eq(session.last_seen_at.0),
                    sessions::expires_at.eq(session.expires_at.0),
                ))
                .execute(c)
        })?;
        Ok(count == 1)
    }

    fn end_session(&mut self, session: &SessionRow, now: Timestamp) -> Result<bool, StoreError> {
        let found = sessions::table.find(session.sid.as_str());
        let count = self.run(|c| diesel::delete(found).execute(c))?;
        // Also when the sweep was first: grants that are bound to the session are over. They are
        // found among those of its user; an index by `sid` would cost every login more than this.
        let bound = grants::table
            .filter(grants::user_id.eq(session.user_id.as_str()))
            .filter(grants::sid.eq(session.sid.as_str()))
            .filter(grants::session_bound.eq(true))
            .filter(grants::revoked_at.is_null());
        self.run(|c| {
            diesel::update(bound)
                .set((
                    grants::revoked_at.eq(Some(now.0)),
                    grants::revoked_reason.eq(Some("logout")),
                ))
                .execute(c)
        })?;
        Ok(count == 1)
    }
}
