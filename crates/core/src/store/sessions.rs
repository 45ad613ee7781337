//! Login sessions of browsers.

use serde::{Deserialize, Serialize};

use super::{StoreError, UserRow};
use crate::id::{Sid, UserId};
use crate::secret::Digest;
use crate::time::Timestamp;

/// A method by which the user authenticated (RFC 8176) and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authentication {
    /// Authentication method reference: `pwd`, `otp`, `hwk`, ...
    pub amr: String,
    /// When it was shown.
    pub at: Timestamp,
}

/// A session as stored.
#[derive(Debug, Clone)]
pub struct SessionRow {
    /// SHA-256 of the cookie.
    pub cookie: Digest,
    /// The public `sid`.
    pub sid: Sid,
    /// Who is logged in.
    pub user_id: UserId,
    /// How, and when. Never empty.
    pub methods: Vec<Authentication>,
    /// The browser as it named itself, shortened; shown to the user.
    pub user_agent: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used (updated at most once a minute).
    pub last_seen_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
}

/// The `sessions` table. An ended session is gone.
pub trait SessionTx {
    /// The session with this cookie, expired or not.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails or the row is corrupt.
    fn find_session(&mut self, cookie: &Digest) -> Result<Option<SessionRow>, StoreError>;

    /// As [`SessionTx::find_session`], with its user, disabled or not.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails or a row is corrupt.
    fn find_session_and_user(
        &mut self,
        cookie: &Digest,
    ) -> Result<Option<(SessionRow, UserRow)>, StoreError>;

    /// As [`SessionTx::find_session_and_user`], with both rows held
    /// ([`super::UserTx::hold_user`]).
    ///
    /// # Errors
    /// [`StoreError`] when the database fails or a row is corrupt.
    fn hold_session_and_user(
        &mut self,
        cookie: &Digest,
    ) -> Result<Option<(SessionRow, UserRow)>, StoreError>;

    /// The session with this `sid`, expired or not.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails or the row is corrupt.
    fn find_session_by_sid(&mut self, sid: &Sid) -> Result<Option<SessionRow>, StoreError>;

    /// The sessions of a user, newest first.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails or a row is corrupt.
    fn sessions_of(&mut self, user: &UserId) -> Result<Vec<SessionRow>, StoreError>;

    /// Adds a session.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn insert_session(&mut self, session: &SessionRow) -> Result<(), StoreError>;

    /// Notes that the session was used at `now`, and nothing else.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn touch_session(&mut self, sid: &Sid, now: Timestamp) -> Result<(), StoreError>;

    /// Writes cookie, methods, last use and end of the session with this `sid`; false when it
    /// is gone.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn update_session(&mut self, session: &SessionRow) -> Result<bool, StoreError>;

    /// Ends a session: removes it, and revokes every grant of its user that is bound to it (its
    /// `session_bound` is true) with reason `logout`; false when it was gone already.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn end_session(&mut self, session: &SessionRow, now: Timestamp) -> Result<bool, StoreError>;
}
