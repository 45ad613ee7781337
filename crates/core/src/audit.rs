//! Audit events: what happened, to whom, through which request; each recorded in the transaction
//! of what it tells of.
//!
//! Owns the closed list of kinds and how an event is put together. An event goes to the log once
//! its transaction has committed ([`crate::store::StoreExt::write`]), never before.

use std::fmt;

use serde_json::{Map, Value};

use crate::error::Error;
use crate::id::{ClientId, GrantId, RowId, UserId};
use crate::provider::Provider;
use crate::random::Random;
use crate::store::{AuditEvent, GrantRow, StoreError, Tx};
use crate::time::Timestamp;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        /// What happened.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Kind { $($(#[$doc])* $name,)* }

        impl Kind {
            /// Every kind there is.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its name: dotted lower case, the thing before the deed.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

kinds! {
    /// A user logged in.
    LoginSucceeded = "login.succeeded";
    /// A wrong password, or a user who is unknown or disabled.
    LoginFailed = "login.failed";
    /// An attempt that was not looked at, because there were too many.
    LoginThrottled = "login.throttled";
    /// A browser logged out.
    Logout = "logout";
    /// A session was ended from elsewhere: by its user or with all others.
    SessionEnded = "session.ended";
    /// A password was chosen by its user or set by an administrator.
    PasswordChanged = "password.changed";
    /// A password hash was replaced at a login by one of the present scheme and cost.
    PasswordUpgraded = "password.upgraded";
    /// A user was added.
    UserAdded = "user.added";
    /// A user's claims, groups or roles changed.
    UserChanged = "user.changed";
    /// A user may do nothing any more.
    UserDisabled = "user.disabled";
    /// A user may log in again.
    UserEnabled = "user.enabled";
    /// A user was removed.
    UserRemoved = "user.removed";
    /// The first administrator was made with the setup link.
    SetupCompleted = "setup.completed";
    /// A client was added.
    ClientAdded = "client.added";
    /// A client's metadata changed.
    ClientChanged = "client.changed";
    /// A client got another secret.
    ClientSecretRotated = "client.secret_rotated";
    /// A client may do nothing any more.
    ClientDisabled = "client.disabled";
    /// A client may be used again.
    ClientEnabled = "client.enabled";
    /// A client was removed.
    ClientRemoved = "client.removed";
    /// A resource was added.
    ResourceAdded = "resource.added";
    /// A resource changed.
    ResourceChanged = "resource.changed";
    /// No token is issued for a resource any more.
    ResourceDisabled = "resource.disabled";
    /// Tokens are issued for a resource again.
    ResourceEnabled = "resource.enabled";
    /// A resource was removed.
    ResourceRemoved = "resource.removed";
    /// A user agreed to what a client asked for.
    ConsentGranted = "consent.granted";
    /// A user took an agreement back, which ended its grants.
    ConsentRevoked = "consent.revoked";
    /// A client was authorized: a code was issued.
    GrantIssued = "grant.issued";
    /// A grant was revoked by its client.
    GrantRevoked = "grant.revoked";
    /// A code was shown again, which ended its grant.
    CodeReplayed = "code.replayed";
    /// A refresh token was used again within its window, and answered with the same successor.
    RefreshRepeated = "refresh.repeated";
    /// An old refresh token was used again, which ended its grant.
    RefreshReused = "refresh.reused";
    /// An access token was revoked by its client.
    TokenRevoked = "token.revoked";
    /// A signing key was made and published.
    KeyAnnounced = "key.announced";
    /// A signing key began to sign.
    KeyActivated = "key.activated";
    /// A signing key stopped signing.
    KeyRetired = "key.retired";
    /// A signing key is no longer published.
    KeyRemoved = "key.removed";
    /// A signing key was revoked: what it signed counts no more.
    KeyRevoked = "key.revoked";
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An event that is being put together. Nothing secret may go into it.
#[derive(Debug, Clone)]
#[must_use = "an event counts once it is recorded"]
pub struct Event {
    kind: Kind,
    user: Option<UserId>,
    client: Option<ClientId>,
    grant: Option<GrantId>,
    details: Map<String, Value>,
}

impl Event {
    /// An event that concerns nobody yet.
    pub fn new(kind: Kind) -> Self {
        Self { kind, user: None, client: None, grant: None, details: Map::new() }
    }

    /// Names the user whom it concerns.
    pub fn user(mut self, id: &UserId) -> Self {
        self.user = Some(id.clone());
        self
    }

    /// Names the client that it concerns.
    pub fn client(mut self, id: &ClientId) -> Self {
        self.client = Some(id.clone());
        self
    }

    /// Names the grant that it concerns, with its client and its user, whoever was named before.
    pub fn grant(mut self, grant: &GrantRow) -> Self {
        self.grant = Some(grant.id.clone());
        self.user.clone_from(&grant.user_id);
        self.client(&grant.client_id)
    }

    /// Adds more, by kind.
    pub fn detail(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.details.insert(name.to_owned(), value.into());
        self
    }

    /// Records the event of a request, with its id and the address that it came from.
    ///
    /// # Errors
    /// [`Error::Store`] when the database fails.
    pub fn record(
        mut self,
        provider: &Provider,
        tx: &mut dyn Tx,
        now: Timestamp,
    ) -> Result<(), Error> {
        let caller = &provider.caller;
        if let Some(address) = caller.address {
            self.details.insert("address".to_owned(), address.to_string().into());
        }
        let id = RowId::generate(provider.random.as_ref(), provider.clock.millis())?;
        Ok(tx.audit(&self.row(id, &caller.request_id, now))?)
    }

    /// Records an event that no request caused: a job, the configuration or the command line.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails, or there is no randomness for its name.
    pub fn record_alone(
        self,
        random: &dyn Random,
        tx: &mut dyn Tx,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let id = RowId::generate(random, now).map_err(|e| StoreError::Failed(e.to_string()))?;
        tx.audit(&self.row(id, "", now))
    }

    fn row(self, id: RowId, request_id: &str, at: Timestamp) -> AuditEvent {
        AuditEvent {
            id,
            at,
            kind: self.kind.as_str().to_owned(),
            request_id: request_id.to_owned(),
            user_id: self.user,
            client_id: self.client,
            grant_id: self.grant,
            details: self.details,
        }
    }
}

/// Tells the log of an event that has been committed. Its `request_id` is that of the request's
/// span too; internal ids and details are as in the table.
pub(crate) fn tell(event: &AuditEvent) {
    let text = |id: Option<&str>| id.unwrap_or_default().to_owned();
    let details = Value::Object(event.details.clone()).to_string();
    tracing::info!(
        target: "keywright::audit",
        kind = event.kind,
        event = %event.id,
        request = event.request_id,
        user = text(event.user_id.as_ref().map(UserId::as_str)),
        client = text(event.client_id.as_ref().map(ClientId::as_str)),
        grant = text(event.grant_id.as_ref().map(GrantId::as_str)),
        details,
        "audit"
    );
}
