//! Users, their credentials and their upstream identities.

use serde_json::{Map, Value};

use super::{Origin, StoreError};
use crate::id::{Subject, UserId};
use crate::time::Timestamp;

/// A user as stored.
#[derive(Debug, Clone)]
pub struct UserRow {
    /// Internal id; never leaves the server.
    pub id: UserId,
    /// `sub`, immutable once used.
    pub subject: Subject,
    /// What the user types at login; unique without regard to case (stored as normalised by
    /// [`crate::account::user::normalize_login`]).
    pub login: String,
    /// Standard and own claims (OIDC Core section 5.1): `name`, `email`, `email_verified`, ...
    pub claims: Map<String, Value>,
    /// Group names, delivered as `groups` with that scope.
    pub groups: Vec<String>,
    /// Roles inside Keywright itself: `admin`.
    pub roles: Vec<String>,
    /// Who owns it.
    pub origin: Origin,
    /// Since when the user may do nothing.
    pub disabled_at: Option<Timestamp>,
    /// When the user was added.
    pub created_at: Timestamp,
    /// When the row was last changed.
    pub updated_at: Timestamp,
}

/// What kind of credential a row holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CredentialKind {
    /// A password hash with its scheme tag in front.
    Password,
    /// A sealed TOTP seed.
    Totp,
    /// The user's passkeys.
    Passkey,
}

/// A credential: at most one row per user and kind.
#[derive(Debug, Clone)]
pub struct CredentialRow {
    /// Whose it is.
    pub user_id: UserId,
    /// Its kind.
    pub kind: CredentialKind,
    /// Password: the tagged hash as ASCII. Others: sealed.
    pub data: Vec<u8>,
    /// Whether the user chose it, or an administrator did so for a declared user (then
    /// configuration never overwrites it).
    pub set_by_user: bool,
    /// When it was set.
    pub updated_at: Timestamp,
}

impl CredentialRow {
    /// The password whose tagged hash is `hash`.
    pub fn password(user: &UserId, hash: &str, set_by_user: bool, now: Timestamp) -> Self {
        Self {
            user_id: user.clone(),
            kind: CredentialKind::Password,
            data: hash.as_bytes().to_vec(),
            set_by_user,
            updated_at: now,
        }
    }
}

/// An upstream account that belongs to a user: unique by (provider, subject).
#[derive(Debug, Clone)]
pub struct IdentityRow {
    /// The upstream's configured name.
    pub provider: String,
    /// The upstream's `sub`.
    pub subject: String,
    /// Whose it is.
    pub user_id: UserId,
    /// When it was linked.
    pub created_at: Timestamp,
}

/// The `users`, `credentials` and `identities` tables.
pub trait UserTx {
    /// The user with this internal id.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails or the row is corrupt.
    fn find_user(&mut self, id: &UserId) -> Result<Option<UserRow>, StoreError>;

    /// The user with this `sub`.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails or the row is corrupt.
    fn find_user_by_subject(&mut self, subject: &Subject) -> Result<Option<UserRow>, StoreError>;

    /// The user with this normalised login name.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails or the row is corrupt.
    fn find_user_by_login(&mut self, login: &str) -> Result<Option<UserRow>, StoreError>;

    /// Users in the order of their login names, after `after`, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails or a row is corrupt.
    fn users(&mut self, after: Option<&str>, limit: u32) -> Result<Vec<UserRow>, StoreError>;

    /// The same of one origin alone. Costs no more when there are many others.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails or a row is corrupt.
    fn users_of_origin(
        &mut self,
        origin: Origin,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<UserRow>, StoreError>;

    /// Adds a user.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the id, login name or subject is taken.
    fn insert_user(&mut self, user: &UserRow) -> Result<(), StoreError>;

    /// Writes every column of `user`; false when there is none.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the new login name is taken.
    fn update_user(&mut self, user: &UserRow) -> Result<bool, StoreError>;

    /// Keeps other transactions from the row of this user until this one ends; false when there is
    /// none. What begins for a user (a session, a grant) and what ends everything of a user (every
    /// verb that revokes grants by user) hold the row, so that one comes after the other; what is
    /// read after this is as the other left it.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn hold_user(&mut self, id: &UserId) -> Result<bool, StoreError>;

    /// Removes a user with credentials, identities, sessions, consents and grants; false when
    /// there is none.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn remove_user(&mut self, id: &UserId) -> Result<bool, StoreError>;

    /// The user's credential of this kind.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails or the row is corrupt.
    fn find_credential(
        &mut self,
        user: &UserId,
        kind: CredentialKind,
    ) -> Result<Option<CredentialRow>, StoreError>;

    /// Inserts or replaces the user's credential of that kind.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn put_credential(&mut self, row: &CredentialRow) -> Result<(), StoreError>;

    /// Replaces the user's credential of the kind of `to` if its data still is `from`; false
    /// when it changed or is gone.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn claim_credential(&mut self, from: &[u8], to: &CredentialRow) -> Result<bool, StoreError>;

    /// Whether any user, disabled or not, has the role [`crate::account::user::ADMIN`]. Costs no more
    /// when there are many users.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails or a row is corrupt.
    fn has_administrator(&mut self) -> Result<bool, StoreError>;

    /// The identity that an upstream knows by this `sub`.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn find_identity(
        &mut self,
        provider: &str,
        subject: &str,
    ) -> Result<Option<IdentityRow>, StoreError>;

    /// Links an upstream identity.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it is linked already.
    fn insert_identity(&mut self, row: &IdentityRow) -> Result<(), StoreError>;
}
