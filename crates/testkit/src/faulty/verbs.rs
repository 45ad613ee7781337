//! Every verb of every trait of [`Tx`], handed on after one step: a verb that `core::store` gets
//! is a line here.

use keywright_core::id::{ClientId, GrantId, InteractionId, Jti, RowId, Sid, Subject, UserId};
use keywright_core::secret::Digest;
use keywright_core::store::{
    AccessTokenRow, AuditEvent, AuditFilter, AuditTx, ClientRow, ClientSecretRow, ClientTx,
    CodeRow, ConsentRow, ConsentTx, CredentialKind, CredentialRow, GrantRow, GrantTx, IdentityRow,
    InteractionRow, InteractionTx, KeyRow, KeyState, KeyTx, Origin, OutboxRow, OutboxTx,
    RedeemableTx, RefreshRow, ResourceRow, ResourceTx, Rotation, SessionRow, SessionTx, Standing,
    StoreError, SweepTx, ThrottleRow, ThrottleTx, Tx, UserRow, UserTx, VersionTx, Versions,
};
use keywright_core::time::{Seconds, Timestamp};

use super::FaultyTx;

macro_rules! hand_on {
    ($($aggregate:ident {
        $(fn $verb:ident($($name:ident: $kind:ty),* $(,)?) -> $answer:ty;)*
    })*) => {$(
        impl $aggregate for FaultyTx<'_> {$(
            fn $verb(&mut self, $($name: $kind),*) -> Result<$answer, StoreError> {
                self.step(stringify!($verb))?;
                self.tx.$verb($($name),*)
            }
        )*}
    )*};
}

hand_on! {
    AuditTx {
        fn audit(event: &AuditEvent) -> ();
        fn audit_events(filter: &AuditFilter, limit: u32) -> Vec<AuditEvent>;
    }
    ClientTx {
        fn find_client(id: &ClientId) -> Option<ClientRow>;
        fn clients() -> Vec<ClientRow>;
        fn insert_client(client: &ClientRow) -> ();
        fn update_client(client: &ClientRow) -> bool;
        fn remove_client(id: &ClientId) -> bool;
        fn client_secrets(id: &ClientId) -> Vec<ClientSecretRow>;
        fn insert_client_secret(secret: &ClientSecretRow) -> ();
        fn expire_client_secrets(id: &ClientId, except: Option<&RowId>, at: Timestamp) -> ();
    }
    ConsentTx {
        fn consents(user: &UserId, client: Option<&ClientId>) -> Vec<ConsentRow>;
        fn put_consent(row: &ConsentRow) -> ();
        fn revoke_consent(user: &UserId, client: &ClientId, now: Timestamp) -> usize;
    }
    GrantTx {
        fn find_standing(id: &GrantId, jti: Option<&Jti>) -> Option<Standing>;
        fn live_grants_of(user: &UserId, now: Timestamp) -> Vec<GrantRow>;
        fn insert_grant(grant: &GrantRow) -> ();
        fn revoke_grant(id: &GrantId, now: Timestamp, reason: &str) -> bool;
        fn revoke_grants_of(
            user: &UserId,
            client: Option<&ClientId>,
            now: Timestamp,
            reason: &str,
        ) -> usize;
    }
    InteractionTx {
        fn find_interaction(id: &InteractionId) -> Option<InteractionRow>;
        fn insert_interaction(row: &InteractionRow) -> ();
        fn claim_interaction_step(id: &InteractionId, from: &str, to: &str) -> bool;
        fn claim_interaction(id: &InteractionId) -> bool;
    }
    KeyTx {
        fn keys() -> Vec<KeyRow>;
        fn insert_key(key: &KeyRow) -> ();
        fn claim_key_step(key: &KeyRow, from: KeyState) -> bool;
    }
    OutboxTx {
        fn insert_outbox(row: &OutboxRow) -> ();
        fn due_outbox(now: Timestamp, limit: u32) -> Vec<OutboxRow>;
        fn claim_outbox(id: &RowId, now: Timestamp, until: Timestamp) -> bool;
        fn retry_outbox(id: &RowId, due_at: Timestamp) -> ();
        fn remove_outbox(id: &RowId) -> ();
    }
    RedeemableTx {
        fn find_code(grant: &GrantId) -> Option<(CodeRow, Standing)>;
        fn insert_code(code: &CodeRow) -> ();
        fn claim_code(grant: &GrantId, now: Timestamp) -> bool;
        fn find_refresh(grant: &GrantId) -> Option<(RefreshRow, Standing)>;
        fn insert_refresh(row: &RefreshRow) -> ();
        fn rotate_refresh_token(grant: &GrantId, rotation: &Rotation) -> bool;
        fn find_access_token(digest: &Digest) -> Option<AccessTokenRow>;
        fn insert_access_token(row: &AccessTokenRow) -> ();
        fn revoke_jti(jti: &Jti, expires_at: Timestamp) -> ();
        fn is_jti_revoked(jti: &Jti) -> bool;
    }
    ResourceTx {
        fn resources() -> Vec<ResourceRow>;
        fn insert_resource(row: &ResourceRow) -> ();
        fn remove_resource(identifier: &str) -> bool;
        fn put_resource(row: &ResourceRow) -> ();
    }
    SessionTx {
        fn find_session(cookie: &Digest) -> Option<SessionRow>;
        fn find_session_and_user(cookie: &Digest) -> Option<(SessionRow, UserRow)>;
        fn hold_session_and_user(cookie: &Digest) -> Option<(SessionRow, UserRow)>;
        fn find_session_by_sid(sid: &Sid) -> Option<SessionRow>;
        fn sessions_of(user: &UserId) -> Vec<SessionRow>;
        fn insert_session(session: &SessionRow) -> ();
        fn touch_session(sid: &Sid, now: Timestamp) -> ();
        fn update_session(session: &SessionRow) -> bool;
        fn end_session(session: &SessionRow, now: Timestamp) -> bool;
    }
    SweepTx {
        fn sweep(now: Timestamp, spent: Timestamp, audit_before: Timestamp, limit: u32) -> usize;
    }
    ThrottleTx {
        fn find_throttle(key: &str) -> Option<ThrottleRow>;
        fn claim_throttle(from: Option<&ThrottleRow>, to: &ThrottleRow) -> bool;
        fn refund_throttle(key: &str, sooner: Seconds) -> ();
    }
    UserTx {
        fn find_user(id: &UserId) -> Option<UserRow>;
        fn find_user_by_subject(subject: &Subject) -> Option<UserRow>;
        fn find_user_by_login(login: &str) -> Option<UserRow>;
        fn users(after: Option<&str>, limit: u32) -> Vec<UserRow>;
        fn users_of_origin(origin: Origin, after: Option<&str>, limit: u32) -> Vec<UserRow>;
        fn insert_user(user: &UserRow) -> ();
        fn update_user(user: &UserRow) -> bool;
        fn hold_user(id: &UserId) -> bool;
        fn remove_user(id: &UserId) -> bool;
        fn find_credential(user: &UserId, kind: CredentialKind) -> Option<CredentialRow>;
        fn put_credential(row: &CredentialRow) -> ();
        fn claim_credential(from: &[u8], to: &CredentialRow) -> bool;
        fn has_administrator() -> bool;
        fn find_identity(provider: &str, subject: &str) -> Option<IdentityRow>;
        fn insert_identity(row: &IdentityRow) -> ();
    }
    VersionTx {
        fn versions() -> Versions;
        fn find_setting(name: &str) -> Option<Vec<u8>>;
        fn claim_setting(name: &str, value: &[u8]) -> bool;
        fn claim_setting_removal(name: &str, expected: &[u8]) -> bool;
        fn put_setting(name: &str, value: Option<&[u8]>) -> ();
    }
}

impl Tx for FaultyTx<'_> {}
