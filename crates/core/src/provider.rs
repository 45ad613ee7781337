//! The provider: settings, store, clock, randomness, master key, a snapshot of what every
//! request needs (keys and resources), and the clients that were asked for.
//!
//! Owns when cached state may be used: a snapshot is loaded with its versions in one
//! transaction, [`Provider::poll`] (once a second) replaces it when a version moved, and one
//! that was last confirmed more than [`STALE_AFTER`] ago is confirmed again before use.

use std::net::IpAddr;
use std::ops::Deref;
use std::sync::{Arc, PoisonError, RwLock};

use url::Url;

use crate::account::throttle;
use crate::client::cache::{Cache, Registration};
use crate::error::Error;
use crate::id::ClientId;
use crate::keys::algorithm::Algorithm;
use crate::keys::ring::KeyRing;
use crate::keys::rotate;
use crate::keys::seal::MasterKey;
use crate::random::Random;
use crate::resource::Resource;
use crate::store::{Ahead, Mode, Outcome, Promise, Store, StoreError, StoreExt as _, Tx, Versions};
use crate::time::{Clock, Seconds, Timestamp};

/// How long a snapshot may be used without asking the database whether it still holds.
pub const STALE_AFTER: Seconds = Seconds(5);

/// What the operator decided, validated.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `iss`, byte for byte as configured; an http(s) URL without query and fragment and
    /// without a trailing slash.
    pub issuer: String,
    /// Lifetime of an access token unless its resource says otherwise; its client can shorten it.
    /// Default 5 minutes.
    pub access_token_lifetime: Seconds,
    /// Lifetime of an ID token. Default 5 minutes.
    pub id_token_lifetime: Seconds,
    /// Lifetime of a code. Default 60 seconds.
    pub code_lifetime: Seconds,
    /// How long a login or consent page may be left open. Default 1 hour.
    pub interaction_lifetime: Seconds,
    /// Idle end of a session. Default 1 day.
    pub session_idle_lifetime: Seconds,
    /// Absolute end of a session. Default 7 days.
    pub session_lifetime: Seconds,
    /// Idle end of a refresh token with `offline_access`. Default 30 days.
    pub offline_idle_lifetime: Seconds,
    /// Idle end of a refresh token that is bound to its session. Default 1 day.
    pub online_idle_lifetime: Seconds,
    /// Absolute end of a grant. Default 90 days.
    pub grant_lifetime: Seconds,
    /// How long a rotated refresh token is answered with the same successor. Default 60
    /// seconds; 0 turns it off.
    pub refresh_grace: Seconds,
    /// `bcrypt` cost of new password hashes. Default 12.
    pub password_cost: u32,
    /// How many passwords may be tried.
    pub throttle: throttle::Policy,
    /// How keys live.
    pub keys: rotate::Policy,
}

impl Settings {
    /// The defaults for an issuer.
    pub fn new(issuer: impl Into<String>) -> Self {
        Self {
            issuer: issuer.into(),
            access_token_lifetime: Seconds::minutes(5),
            id_token_lifetime: Seconds::minutes(5),
            code_lifetime: Seconds(60),
            interaction_lifetime: Seconds::hours(1),
            session_idle_lifetime: Seconds::days(1),
            session_lifetime: Seconds::days(7),
            offline_idle_lifetime: Seconds::days(30),
            online_idle_lifetime: Seconds::days(1),
            grant_lifetime: Seconds::days(90),
            refresh_grace: Seconds(60),
            password_cost: 12,
            throttle: throttle::Policy::default(),
            keys: rotate::Policy::default(),
        }
    }

    /// The URL of an endpoint: the issuer with `path` (which begins with `/`) appended.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
    }

    /// The path of the issuer without a trailing slash: empty for an issuer at the root.
    pub fn base_path(&self) -> String {
        Url::parse(&self.issuer)
            .map(|url| url.path().trim_end_matches('/').to_owned())
            .unwrap_or_default()
    }

    /// Whether the issuer is https, so that cookies may be `Secure`.
    pub fn is_https(&self) -> bool {
        self.issuer.starts_with("https://")
    }
}

/// What every request needs of the database, loaded in one transaction.
#[derive(Debug)]
pub struct Snapshot {
    /// Keys, ready to sign and verify.
    pub keys: KeyRing,
    /// Resources that are not disabled.
    pub resources: Vec<Resource>,
    versions: Versions,
}

impl Snapshot {
    /// The resource with this identifier.
    pub fn resource(&self, identifier: &str) -> Option<&Resource> {
        self.resources.iter().find(|r| r.is_named(identifier))
    }
}

/// Through which request the provider is asked. Empty for a job and for the command line.
#[derive(Debug, Clone, Default)]
pub struct Caller {
    /// The request's id, the same that its log lines and its answer carry.
    pub request_id: String,
    /// The client's network address, as far as the operator's trust in proxies goes.
    pub address: Option<IpAddr>,
}

/// An authorization server, as one caller sees it: a handle that is cheap to clone.
#[derive(Clone)]
pub struct Provider {
    /// Who asks.
    pub caller: Caller,
    /// The database.
    pub store: Arc<dyn Store>,
    shared: Arc<Shared>,
}

impl Deref for Provider {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.shared
    }
}

/// What all callers share.
pub struct Shared {
    /// What the operator decided.
    pub settings: Settings,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The random source.
    pub random: Arc<dyn Random>,
    /// The master key and its subkeys.
    pub master: MasterKey,
    snapshot: RwLock<(Arc<Snapshot>, Timestamp)>,
    clients: Cache,
}

impl Provider {
    /// Opens a provider over a migrated database: checks the master key, makes the first keys
    /// if there are none, and loads the snapshot.
    ///
    /// # Errors
    /// [`Error::Internal`] for a wrong master key, [`Error::Store`] when the database fails.
    pub fn open(
        settings: Settings,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        master: MasterKey,
    ) -> Result<Self, Error> {
        let now = clock.now();
        master.check(store.as_ref())?;
        rotate::apply(store.as_ref(), random.as_ref(), &master, &settings.keys, now)?;
        let snapshot = store.read(|tx| load(tx, &master))?;
        let clients = Cache::default();
        clients.expect(store.glance(|tx| Ok(tx.versions()?.clients))?);
        let snapshot = RwLock::new((Arc::new(snapshot), now));
        let shared = Shared { settings, clock, random, master, snapshot, clients };
        Ok(Self { caller: Caller::default(), store, shared: Arc::new(shared) })
    }

    /// The same provider, asked by `caller`.
    #[must_use]
    pub fn asked_by(&self, caller: Caller) -> Self {
        Self { caller, ..self.clone() }
    }

    /// The same provider for a thread that must not wait: whatever needs the database is refused
    /// with [`StoreError::NotAsked`].
    #[must_use]
    pub fn from_memory(&self) -> Self {
        Self { store: Arc::new(NotAsked), ..self.clone() }
    }

    /// The same provider, which does not wait for the last commit: who gives the answer does.
    #[must_use]
    pub fn ahead(&self) -> (Self, Arc<Ahead>) {
        let ahead = Arc::new(Ahead::of(Arc::clone(&self.store)));
        (Self { store: Arc::<Ahead>::clone(&ahead), ..self.clone() }, ahead)
    }

    /// Keys and resources, at most [`STALE_AFTER`] behind the database.
    ///
    /// # Errors
    /// [`Error::Store`] when it must be confirmed and the database does not answer.
    pub fn snapshot(&self) -> Result<Arc<Snapshot>, Error> {
        if let Some(snapshot) = self.fresh_snapshot() {
            return Ok(snapshot);
        }
        self.poll()?;
        Ok(self.current().0)
    }

    /// A client with its secrets, disabled or not, at most [`STALE_AFTER`] behind the database.
    /// To be called outside transactions: what is not in memory is read in one of its own.
    ///
    /// # Errors
    /// [`Error::Store`] when the database must be asked and does not answer.
    pub fn registration(&self, id: &ClientId) -> Result<Option<Arc<Registration>>, Error> {
        if self.fresh_snapshot().is_none() {
            self.poll()?;
        }
        if let Some(known) = self.clients.find(id) {
            return Ok(Some(known));
        }
        let found = self.store.read(|tx| {
            let Some(client) = tx.find_client(id)? else { return Ok(None) };
            let registration =
                Registration { client: Arc::new(client), secrets: tx.client_secrets(id)? };
            Ok(Some((tx.versions()?.clients, Arc::new(registration))))
        })?;
        let Some((version, registration)) = found else { return Ok(None) };
        self.clients.remember(version, &registration);
        Ok(Some(registration))
    }

    /// Compares versions with the database and reloads what changed. Run once a second, and
    /// after a change that must be seen at once.
    ///
    /// # Errors
    /// [`Error::Store`] when the database does not answer; the old snapshot stays.
    pub fn poll(&self) -> Result<(), Error> {
        let (snapshot, _) = self.current();
        let confirmed = self.now();
        let Versions { keys, resources, clients } = self.store.glance(|tx| Ok(tx.versions()?))?;
        self.clients.expect(clients);
        let fresh = if (keys, resources) == (snapshot.versions.keys, snapshot.versions.resources) {
            snapshot
        } else {
            Arc::new(self.store.read(|tx| load(tx, &self.master))?)
        };
        *self.snapshot.write().unwrap_or_else(PoisonError::into_inner) = (fresh, confirmed);
        Ok(())
    }

    /// Does what is due in the life of the keys; true if anything was done.
    ///
    /// # Errors
    /// [`Error::Store`] when the database fails.
    pub fn rotate_keys(&self) -> Result<bool, Error> {
        let changed = rotate::apply(
            self.store.as_ref(),
            self.random.as_ref(),
            &self.master,
            &self.settings.keys,
            self.now(),
        )?;
        if changed {
            self.poll()?;
        }
        Ok(changed)
    }
}

impl Shared {
    /// The instant of this request: read it once.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Keys and resources if they were confirmed within [`STALE_AFTER`]; never asks the database,
    /// so that a thread which must not block may call it.
    pub fn fresh_snapshot(&self) -> Option<Arc<Snapshot>> {
        let (snapshot, confirmed) = self.current();
        let age = self.now().since(confirmed);
        (-STALE_AFTER.0..=STALE_AFTER.0).contains(&age.0).then_some(snapshot)
    }

    /// Keys and resources as they were last seen, however long ago: to be looked at, not to
    /// answer requests with. And how long ago the database confirmed them.
    pub fn last_snapshot(&self) -> (Arc<Snapshot>, Seconds) {
        let (snapshot, confirmed) = self.current();
        (snapshot, self.now().since(confirmed))
    }

    /// The algorithms that are enabled.
    pub fn algorithms(&self) -> &[Algorithm] {
        &self.settings.keys.algorithms
    }

    fn current(&self) -> (Arc<Snapshot>, Timestamp) {
        let guard = self.snapshot.read().unwrap_or_else(PoisonError::into_inner);
        (Arc::clone(&guard.0), guard.1)
    }
}

/// A store that refuses everything.
struct NotAsked;

impl Store for NotAsked {
    fn promise(
        &self,
        _: Mode,
        _: &mut dyn FnMut(&mut dyn Tx) -> Outcome,
    ) -> Result<Promise, StoreError> {
        Err(StoreError::NotAsked)
    }
}

fn load(tx: &mut dyn Tx, master: &MasterKey) -> Result<Snapshot, Error> {
    let versions = tx.versions()?;
    let keys = KeyRing::open(&tx.keys()?, master)?;
    let resources =
        tx.resources()?.into_iter().filter(|r| r.disabled_at.is_none()).map(|r| r.resource);
    Ok(Snapshot { keys, resources: resources.collect(), versions })
}
