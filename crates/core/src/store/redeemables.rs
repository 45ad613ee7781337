//! What is redeemed under a grant: codes, refresh tokens, opaque access tokens; and which access tokens
//! were revoked.

use serde::{Deserialize, Serialize};

use super::{Confirmation, Standing, StoreError};
use crate::id::{ClientId, GrantId, Jti};
use crate::secret::Digest;
use crate::time::Timestamp;

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

/// The `codes`, `refresh_tokens`, `access_tokens` and `revoked_tokens` tables.
pub trait RedeemableTx {
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
