//! The `users`, `credentials` and `identities` tables.

use diesel::prelude::*;
use keywright_core::account::user::ADMIN;
use keywright_core::id::{Subject, UserId};
use keywright_core::store::{
    CredentialKind, CredentialRow, IdentityRow, Origin, StoreError, UserRow, UserTx,
};
use keywright_core::time::Timestamp;

use crate::column::{RowName, json_text, seconds};
use crate::db::hold;
use crate::schema::{codes, credentials, grants, identities, refresh_tokens, users};
use crate::transaction::Transaction;

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = users, treat_none_as_null = true, treat_none_as_default_value = false)]
pub(crate) struct Stored {
    id: String,
    subject: String,
    login: String,
    claims: String,
    groups: String,
    roles: String,
    origin: String,
    disabled_at: Option<i64>,
    created_at: i64,
    updated_at: i64,
}

impl Stored {
    fn new(row: &UserRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id.to_string(),
            subject: row.subject.to_string(),
            login: row.login.clone(),
            claims: json_text(&row.claims)?,
            groups: json_text(&row.groups)?,
            roles: json_text(&row.roles)?,
            origin: row.origin.as_str().to_owned(),
            disabled_at: seconds(row.disabled_at),
            created_at: row.created_at.0,
            updated_at: row.updated_at.0,
        })
    }

    pub(crate) fn read(self) -> Result<UserRow, StoreError> {
        let name = RowName { table: "users", id: &self.id };
        Ok(UserRow {
            claims: name.json("claims", &self.claims)?,
            groups: name.json("groups", &self.groups)?,
            roles: name.json("roles", &self.roles)?,
            origin: name.origin(&self.origin)?,
            subject: Subject::new(self.subject),
            login: self.login,
            disabled_at: self.disabled_at.map(Timestamp),
            created_at: Timestamp(self.created_at),
            updated_at: Timestamp(self.updated_at),
            id: UserId::new(self.id),
        })
    }
}

const fn kind_text(kind: CredentialKind) -> &'static str {
    match kind {
        CredentialKind::Password => "password",
        CredentialKind::Totp => "totp",
        CredentialKind::Passkey => "passkey",
    }
}

#[derive(Clone, Queryable, Insertable, AsChangeset)]
#[diesel(table_name = credentials, primary_key(user_id, kind))]
struct StoredCredential {
    user_id: String,
    kind: String,
    data: Vec<u8>,
    set_by_user: bool,
    updated_at: i64,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = identities)]
struct StoredIdentity {
    provider: String,
    subject: String,
    user_id: String,
    created_at: i64,
}

fn read(found: Option<Stored>) -> Result<Option<UserRow>, StoreError> {
    found.map(Stored::read).transpose()
}

impl UserTx for Transaction<'_> {
    fn find_user(&mut self, id: &UserId) -> Result<Option<UserRow>, StoreError> {
        let found = self.run(|c| users::table.find(id.as_str()).get_result(c).optional())?;
        read(found)
    }

    fn find_user_by_subject(&mut self, subject: &Subject) -> Result<Option<UserRow>, StoreError> {
        let query = users::table.filter(users::subject.eq(subject.as_str()));
        let found = self.run(|c| query.get_result(c).optional())?;
        read(found)
    }

    fn find_user_by_login(&mut self, login: &str) -> Result<Option<UserRow>, StoreError> {
        let query = users::table.filter(users::login.eq(login));
        let found = self.run(|c| query.get_result(c).optional())?;
        read(found)
    }

    fn users(&mut self, after: Option<&str>, limit: u32) -> Result<Vec<UserRow>, StoreError> {
        // No user has an empty login name.
        let query = users::table
            .filter(users::login.gt(after.unwrap_or_default()))
            .order(users::login)
            .limit(limit.into());
        self.run(|c| query.load::<Stored>(c))?.into_iter().map(Stored::read).collect()
    }

    fn users_of_origin(
        &mut self,
        origin: Origin,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<UserRow>, StoreError> {
        let query = users::table
            .filter(users::origin.eq(origin.as_str()))
            .filter(users::login.gt(after.unwrap_or_default()))
            .order(users::login)
            .limit(limit.into());
        self.run(|c| query.load::<Stored>(c))?.into_iter().map(Stored::read).collect()
    }

    fn insert_user(&mut self, user: &UserRow) -> Result<(), StoreError> {
        let row = Stored::new(user)?;
        self.unless_taken("user", |c| diesel::insert_into(users::table).values(row).execute(c))?;
        Ok(())
    }

    fn update_user(&mut self, user: &UserRow) -> Result<bool, StoreError> {
        let row = Stored::new(user)?;
        let found = users::table.find(user.id.as_str());
        Ok(self.unless_taken("user", |c| diesel::update(found).set(row).execute(c))? == 1)
    }

    fn hold_user(&mut self, id: &UserId) -> Result<bool, StoreError> {
        let query = users::table.find(id.as_str()).select(users::id);
        Ok(self.run(|c| hold!(c, query, String))?.is_some())
    }

    /// What a request claims goes first, as in `remove_client`.
    fn remove_user(&mut self, id: &UserId) -> Result<bool, StoreError> {
        let theirs = grants::user_id.eq(id.as_str());
        let of_user = || grants::table.select(grants::id).filter(theirs);
        let codes = codes::grant_id.eq_any(of_user());
        self.run(|c| diesel::delete(codes::table).filter(codes).execute(c))?;
        let states = refresh_tokens::grant_id.eq_any(of_user());
        self.run(|c| diesel::delete(refresh_tokens::table).filter(states).execute(c))?;
        Ok(self.run(|c| diesel::delete(users::table.find(id.as_str())).execute(c))? == 1)
    }

    fn find_credential(
        &mut self,
        user: &UserId,
        kind: CredentialKind,
    ) -> Result<Option<CredentialRow>, StoreError> {
        let query = credentials::table.find((user.as_str(), kind_text(kind)));
        let found = self.run(|c| query.get_result::<StoredCredential>(c).optional())?;
        Ok(found.map(|row| CredentialRow {
            user_id: UserId::new(row.user_id),
            kind,
            data: row.data,
            set_by_user: row.set_by_user,
            updated_at: Timestamp(row.updated_at),
        }))
    }

    fn put_credential(&mut self, row: &CredentialRow) -> Result<(), StoreError> {
        let row = StoredCredential {
            user_id: row.user_id.to_string(),
            kind: kind_text(row.kind).to_owned(),
            data: row.data.clone(),
            set_by_user: row.set_by_user,
            updated_at: row.updated_at.0,
        };
        let key = (row.user_id.clone(), row.kind.clone());
        self.put(
            |c| diesel::update(credentials::table.find(key.clone())).set(row.clone()).execute(c),
            |c| diesel::insert_into(credentials::table).values(row.clone()).execute(c),
        )
    }

    fn claim_credential(&mut self, from: &[u8], to: &CredentialRow) -> Result<bool, StoreError> {
        let unchanged = credentials::table
            .find((to.user_id.as_str(), kind_text(to.kind)))
            .filter(credentials::data.eq(from));
        let count = self.run(|c| {
            diesel::update(unchanged)
                .set((
                    credentials::data.eq(to.data.as_slice()),
                    credentials::set_by_user.eq(to.set_by_user),
                    credentials::updated_at.eq(to.updated_at.0),
                ))
                .execute(c)
        })?;
        Ok(count == 1)
    }

    fn has_administrator(&mut self) -> Result<bool, StoreError> {
        // From one set of roles to the next by their index: users are many, sets are few.
        let mut last = String::new();
        loop {
            let next = users::table
                .filter(users::roles.gt(&last))
                .order(users::roles)
                .select((users::id, users::roles))
                .limit(1);
            let found = self.run(|c| next.get_result::<(String, String)>(c).optional())?;
            let Some((id, roles)) = found else { return Ok(false) };
            let name = RowName { table: "users", id: &id };
            let names: Vec<String> = name.json("roles", &roles)?;
            if names.iter().any(|role| role == ADMIN) {
                return Ok(true);
            }
            last = roles;
        }
    }

    fn find_identity(
        &mut self,
        provider: &str,
        subject: &str,
    ) -> Result<Option<IdentityRow>, StoreError> {
        let query = identities::table.find((provider, subject));
        let found = self.run(|c| query.get_result::<StoredIdentity>(c).optional())?;
        Ok(found.map(|row| IdentityRow {
            provider: row.provider,
            subject: row.subject,
            user_id: UserId::new(row.user_id),
            created_at: Timestamp(row.created_at),
        }))
    }

    fn insert_identity(&mut self, row: &IdentityRow) -> Result<(), StoreError> {
        let row = StoredIdentity {
            provider: row.provider.clone(),
            subject: row.subject.clone(),
            user_id: row.user_id.to_string(),
            created_at: row.created_at.0,
        };
        self.unless_taken("identity", |c| {
            diesel::insert_into(identities::table).values(row).execute(c)
        })?;
        Ok(())
    }
}
