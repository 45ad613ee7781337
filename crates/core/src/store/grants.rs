//! Grants.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{StoreError, UserRow};
use crate::claims::request::ClaimsRequest;
use crate::id::{ClientId, GrantId, Jti, Sid, Subject, UserId};
use crate::scope::ScopeSet;
use crate::time::Timestamp;

/// A key that a token is bound to (RFC 7800 `cnf`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Confirmation {
    /// `DPoP`: JWK thumbprint (RFC 9449).
    #[serde(rename = "jkt")]
    Jkt(String),
    /// Mutual TLS: certificate thumbprint (RFC 8705).
    #[serde(rename = "x5t#S256")]
    X5t(String),
}

/// One user's authorization of one client.
#[derive(Debug, Clone)]
pub struct GrantRow {
    /// Its id, and the first part of each `jti` issued under it.
    pub id: GrantId,
    /// Who granted; none for a grant of a client to itself.
    pub user_id: Option<UserId>,
    /// To whom.
    pub client_id: ClientId,
    /// In which session.
    pub sid: Option<Sid>,
    /// Whether it ends with that session (no `offline_access`).
    pub session_bound: bool,
    /// `sub` as issued to this client.
    pub subject: Subject,
    /// The granted scopes, in request order.
    pub scopes: ScopeSet,
    /// The requested resources (RFC 8707), each with the granted scopes that it knows. Empty
    /// when none was requested.
    pub resources: BTreeMap<String, ScopeSet>,
    /// Of the `claims` request parameter (OIDC Core section 5.5), what was granted.
    pub claims: ClaimsRequest,
    /// When the user authenticated.
    pub auth_time: Timestamp,
    /// Authentication context class.
    pub acr: Option<String>,
    /// Authentication methods (RFC 8176).
    pub amr: Vec<String>,
    /// The key that its refresh tokens are bound to.
    pub confirmation: Option<Confirmation>,
    /// Who acts for the user (RFC 8693 `act`), or null.
    pub actor: Value,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
    /// When and why it was revoked.
    pub revoked: Option<(Timestamp, String)>,
}

/// A grant with what it stands on, as one statement saw them.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The grant, revoked or expired or not.
    pub grant: GrantRow,
    /// Its user, disabled or not; none when the grant has no user or the user is gone.
    pub user: Option<UserRow>,
    /// When its session ends at the latest; none when it has no session or that has ended.
    pub session_expires_at: Option<Timestamp>,
    /// Whether the access token that was asked about was revoked; false when none was.
    pub jti_revoked: bool,
}

/// The `grants` table.
pub trait GrantTx {
    /// The grant with this id, revoked or expired or not, its user and the end of its session, and
    /// whether the access token named by `jti` was revoked.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails or a row is corrupt.
    fn find_standing(
        &mut self,
        id: &GrantId,
        jti: Option<&Jti>,
    ) -> Result<Option<Standing>, StoreError>;

    /// The grants of a user that are neither revoked nor expired, newest first.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails or a row is corrupt.
    fn live_grants_of(
        &mut self,
        user: &UserId,
        now: Timestamp,
    ) -> Result<Vec<GrantRow>, StoreError>;

    /// Adds a grant.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn insert_grant(&mut self, grant: &GrantRow) -> Result<(), StoreError>;

    /// Revokes a grant; false when it was revoked already or there is none.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn revoke_grant(
        &mut self,
        id: &GrantId,
        now: Timestamp,
        reason: &str,
    ) -> Result<bool, StoreError>;

    /// Revokes every live grant of a user, or only those to one client; how many.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn revoke_grants_of(
        &mut self,
        user: &UserId,
        client: Option<&ClientId>,
        now: Timestamp,
        reason: &str,
    ) -> Result<usize, StoreError>;
}
