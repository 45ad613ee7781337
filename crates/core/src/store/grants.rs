//! Grants and what is redeemed under them: codes, refresh tokens, opaque access tokens.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{StoreError, UserRow};
use crate::claims::request::ClaimsRequest;
use crate::id::{ClientId, GrantId, Jti, Sid, Subject, UserId};
use crate::scope::ScopeSet;
use crate::secret::Digest;
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

/// The authorization code of a grant, as stored.
#[derive(Debug, Clone)]
pub struct CodeRow {
    /// What it redeems.
    pub grant_id: GrantId,
    /// SHA-256 of the code.
    pub digest: Digest,
    /// For whom.
    pub client_id: ClientId,
    /// The `redirect_uri` of the authorization request, byte for byte.
    pub redirect_uri: String,
    /// Whether that request named it (RFC 6749 section 4.1.3: then it must be repeated).
    pub redirect_uri_given: bool,
    /// `nonce` for the ID token.
    pub nonce: Option<String>,
    /// PKCE challenge, method S256.
    pub challenge: Option<String>,
    /// The key that the request was bound to.
    pub confirmation: Option<Confirmation>,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when it is refused.
    pub expires_at: Timestamp,
    /// When it was redeemed.
    pub redeemed_at: Option<Timestamp>,
}

/// The refresh state of a grant: one row, whatever the number of rotations.
#[derive(Debug, Clone)]
pub struct RefreshRow {
    /// Whose.
    pub grant_id: GrantId,
    /// SHA-256 of the family part, which no rotation changes.
    pub family: Digest,
    /// SHA-256 of the current token's secret part.
    pub token: Digest,
    /// How often it was rotated.
    pub generation: i64,
    /// When it lapses unless it is used.
    pub idle_expires_at: Timestamp,
    /// The last rotations that may still be answered again, oldest first.
    pub recent: Vec<Rotated>,
}

/// A rotation that a client may have missed the answer of.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Rotated {
    /// SHA-256 of the secret part that was presented, in unpadded base64url.
    pub predecessor: String,
    /// The successor's secret part, sealed under a key derived from the presented one, base64url.
    pub sealed_successor: String,
    /// The generation of the successor.
    pub generation: i64,
    /// When.
    pub at: Timestamp,
}

/// What a rotation writes.
#[derive(Debug, Clone)]
pub struct Rotation {
    /// SHA-256 of the token that is presented: must be the current one.
    pub from: Digest,
    /// SHA-256 of its successor.
    pub to: Digest,
    /// The successor's generation.
    pub generation: i64,
    /// The successor's idle end.
    pub idle_expires_at: Timestamp,
    /// The new list of recent rotations.
    pub recent: Vec<Rotated>,
}

/// An opaque access token as stored.
#[derive(Debug, Clone)]
pub struct AccessTokenRow {
    /// What it is found by ([`crate::mint::opaque::reference`]).
    pub digest: Digest,
    /// The grant it was issued under; none for `client_credentials`.
    pub grant_id: Option<GrantId>,
    /// To whom.
    pub client_id: ClientId,
    /// Its claims as JSON, the same that a JWT would carry.
    pub claims: String,
    /// From when it is refused.
    pub expires_at: Timestamp,
}

/// The `grants`, `codes`, `refresh_tokens`, `access_tokens` and `revoked_tokens` tables.
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

    /// The code of this grant, redeemed or expired or not, with the grant.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails or a row is corrupt.
    fn find_code(&mut self, grant: &GrantId) -> Result<Option<(CodeRow, Standing)>, StoreError>;

    /// Adds the code of a grant that has none.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn insert_code(&mut self, code: &CodeRow) -> Result<(), StoreError>;

    /// Marks the code of this grant redeemed; false when somebody was first.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn claim_code(&mut self, grant: &GrantId, now: Timestamp) -> Result<bool, StoreError>;

    /// The refresh state of a grant, with the grant.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails or a row is corrupt.
    fn find_refresh(
        &mut self,
        grant: &GrantId,
    ) -> Result<Option<(RefreshRow, Standing)>, StoreError>;

    /// Adds the refresh state of a grant that has none.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn insert_refresh(&mut self, row: &RefreshRow) -> Result<(), StoreError>;

    /// Rotates: one UPDATE keyed by grant and current token; false when `from` is not current.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn rotate_refresh_token(
        &mut self,
        grant: &GrantId,
        rotation: &Rotation,
    ) -> Result<bool, StoreError>;

    /// The opaque access token that is found by this, expired or not.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn find_access_token(&mut self, digest: &Digest) -> Result<Option<AccessTokenRow>, StoreError>;

    /// Adds an opaque access token.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn insert_access_token(&mut self, row: &AccessTokenRow) -> Result<(), StoreError>;

    /// Remembers until `expires_at` that this token is revoked; once or often, same result.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn revoke_jti(&mut self, jti: &Jti, expires_at: Timestamp) -> Result<(), StoreError>;

    /// Whether this token was revoked.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn is_jti_revoked(&mut self, jti: &Jti) -> Result<bool, StoreError>;
}
