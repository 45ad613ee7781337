//! A World: a provider on a scratch database, with a frozen clock, seeded randomness and cheap
//! password hashes.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use keywright_core::account::{password, throttle, user};
use keywright_core::client::authenticate::secret_digest;
use keywright_core::client::metadata::{AuthMethod, ClientMetadata, GrantType};
use keywright_core::id::{ClientId, RowId, Subject, UserId};
use keywright_core::keys::rotate::{self, Policy};
use keywright_core::keys::seal::MasterKey;
use keywright_core::provider::{Provider, Settings};
use keywright_core::random::{Random, RandomError};
use keywright_core::resource::{ClaimPreset, Resource, ResourceScope, TokenFormat};
use keywright_core::secret::Secret;
use keywright_core::store::{
    ClientRow, ClientSecretRow, CredentialRow, KeyRow, Origin, ResourceRow, Store, StoreExt as _,
    Tx, UserRow,
};
use keywright_core::time::{Clock, Millis, Seconds, Timestamp};
use openssl::sha::sha256;
use serde_json::json;

use crate::database::ScratchDatabase;

/// The issuer of a world.
pub const ISSUER: &str = "http://127.0.0.1:8080";
/// The password of every user of a world.
pub const PASSWORD: &str = "correct horse battery staple";
/// The secret of every confidential client of a world.
pub const CLIENT_SECRET: &str = "a-client-secret-of-at-least-32-characters";
/// A PKCE verifier.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// Its S256 challenge (RFC 7636 appendix B).
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A clock that stands still until it is told to move.
#[derive(Debug)]
pub struct FrozenClock(AtomicI64);

impl FrozenClock {
    /// Moves forward (or back, for a negative span).
    pub fn advance(&self, span: Seconds) {
        self.0.fetch_add(span.0, Ordering::SeqCst);
    }
}

impl Clock for FrozenClock {
    fn millis(&self) -> Millis {
        Timestamp(self.0.load(Ordering::SeqCst)).into()
    }
}

/// Reproducible randomness: SHA-256 of a seed and a counter.
#[derive(Debug)]
pub struct SeededRandom(Mutex<([u8; 32], u64)>);

impl SeededRandom {
    /// A stream that the seed decides.
    pub fn new(seed: &str) -> Self {
        Self(Mutex::new((sha256(seed.as_bytes()), 0)))
    }
}

impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for chunk in bytes.chunks_mut(32) {
            state.1 += 1;
            let block = sha256(&[&state.0[..], &state.1.to_be_bytes()].concat());
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
        Ok(())
    }
}

/// A provider to test with.
pub struct World {
    /// The provider.
    pub provider: Provider,
    /// Its clock.
    pub clock: Arc<FrozenClock>,
    /// Its database; gone with the world.
    pub scratch: ScratchDatabase,
}

impl World {
    /// A world on SQLite.
    pub fn new() -> Self {
        Self::on(ScratchDatabase::sqlite())
    }

    /// A world on this database.
    pub fn on(scratch: ScratchDatabase) -> Self {
        Self::with(scratch, Self::settings(ISSUER))
    }

    /// Runs `test` in a world on each database there is.
    pub fn each(test: impl Fn(World)) {
        crate::database::each(|scratch| test(Self::on(scratch)));
    }

    /// The settings of a world: the defaults, with password hashes that cost next to nothing, and
    /// any number of them.
    pub fn settings(issuer: &str) -> Settings {
        let throttle = throttle::Policy::off();
        Settings { password_cost: 4, throttle, ..Settings::new(issuer) }
    }

    /// A world on this database with these settings.
    pub fn with(scratch: ScratchDatabase, settings: Settings) -> Self {
        let clock = Arc::new(FrozenClock(AtomicI64::new(1_800_000_000)));
        let provider = replica(scratch.database.clone(), settings, clock.clone(), "world");
        Self { provider, clock, scratch }
    }

    /// Another process over the same database.
    pub fn second(&self, seed: &str) -> Provider {
        self.through(self.scratch.database.clone(), seed)
    }

    /// Another process that reaches the same database through `store`.
    pub fn through(&self, store: Arc<dyn Store>, seed: &str) -> Provider {
        replica(store, self.provider.settings.clone(), self.clock.clone(), seed)
    }

    /// Another process over the same database whose clock is `ahead`, or behind for a negative
    /// span; its clock stands still too, until it is moved.
    pub fn skewed(&self, seed: &str, ahead: Seconds) -> (Provider, Arc<FrozenClock>) {
        let clock = Arc::new(FrozenClock(AtomicI64::new(self.clock.now().plus(ahead).0)));
        let settings = self.provider.settings.clone();
        (replica(self.scratch.database.clone(), settings, clock.clone(), seed), clock)
    }

    /// Adds a user with [`PASSWORD`] and a full set of claims; groups `staff` and `ops`.
    pub fn add_user(&self, login: &str) -> UserRow {
        let now = self.clock.now();
        let claims = json!({
            "name": format!("{login} Example"),
            "given_name": login,
            "family_name": "Example",
            "email": format!("{login}@example.org"),
            "email_verified": true,
            "phone_number": "+1 555 0100",
            "address": {"locality": "Springfield"},
        });
        let user = UserRow {
            id: UserId::new(format!("user-{login}")),
            subject: Subject::new(format!("sub-{login}")),
            login: user::normalize_login(login),
            claims: claims.as_object().cloned().unwrap_or_default(),
            groups: vec!["staff".into(), "ops".into()],
            roles: Vec::new(),
            origin: Origin::Cli,
            disabled_at: None,
            created_at: now,
            updated_at: now,
        };
        let random = self.provider.random.as_ref();
        let hash = password::hash(random, &Secret::new(PASSWORD), 4).expect("a hash");
        let credential = CredentialRow::password(&user.id, &hash, false, now);
        let added = self.provider.store.write(|tx| {
            tx.insert_user(&user)?;
            Ok(tx.put_credential(&credential)?)
        });
        added.expect("a user is added");
        user
    }

    /// Adds a client; a confidential one has [`CLIENT_SECRET`].
    pub fn add_client(&self, id: &str, metadata: ClientMetadata) -> ClientRow {
        let problems = metadata.problems();
        assert!(problems.is_empty(), "{problems:?}");
        let now = self.clock.now();
        let client = ClientRow {
            id: ClientId::new(id),
            metadata,
            origin: Origin::Cli,
            disabled_at: None,
            tokens_not_before: None,
            created_at: now,
            updated_at: now,
        };
        let secret = Secret::new(CLIENT_SECRET);
        let digest = secret_digest(&self.provider.master, &secret).expect("a digest");
        let secret = ClientSecretRow {
            id: RowId::new(format!("secret-{id}")),
            client_id: client.id.clone(),
            digest,
            created_at: now,
            expires_at: None,
        };
        let added = self.provider.store.write(|tx| {
            tx.insert_client(&client)?;
            if !client.metadata.is_public() {
                tx.insert_client_secret(&secret)?;
            }
            Ok(())
        });
        added.expect("a client is added");
        client
    }

    /// A confidential web client that may do everything, at `https://app.example/cb`.
    pub fn web_client() -> ClientMetadata {
        ClientMetadata {
            client_name: "Example App".into(),
            redirect_uris: vec!["https://app.example/cb".into()],
            post_logout_redirect_uris: vec!["https://app.example/bye".into()],
            grant_types: vec![
                GrantType::AuthorizationCode,
                GrantType::RefreshToken,
                GrantType::ClientCredentials,
            ],
            ..ClientMetadata::default()
        }
    }

    /// A public native client at `http://127.0.0.1/cb`.
    pub fn native_client() -> ClientMetadata {
        ClientMetadata {
            client_name: "Example Tool".into(),
            redirect_uris: vec!["http://127.0.0.1/cb".into()],
            grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
            token_endpoint_auth_method: Some(AuthMethod::None),
            ..ClientMetadata::default()
        }
    }

    /// Adds a resource `https://{name}.example` with the scopes `{name}:read` and
    /// `{name}:write`, after `change`.
    pub fn add_resource(&self, name: &str, change: impl FnOnce(&mut Resource)) -> Resource {
        let scope = |verb: &str, text: &str| ResourceScope {
            name: format!("{name}:{verb}"),
            description: format!("{text} your {name}"),
        };
        let mut resource = Resource {
            identifier: format!("https://{name}.example"),
            name: name.to_owned(),
            scopes: vec![scope("read", "Read"), scope("write", "Change")],
            algorithm: keywright_core::keys::algorithm::Algorithm::RS256,
            access_token_lifetime: None,
            format: TokenFormat::Jwt,
            claim_preset: ClaimPreset::Standard,
            access_token_claims: Vec::new(),
            servers: Vec::new(),
            userinfo_audience: true,
        };
        change(&mut resource);
        let row =
            ResourceRow { resource: resource.clone(), origin: Origin::Cli, disabled_at: None };
        let added = self.provider.store.write(|tx| Ok(tx.put_resource(&row)?));
        added.expect("a resource is added");
        self.provider.poll().expect("the snapshot is reloaded");
        resource
    }
}

fn replica(
    store: Arc<dyn Store>,
    settings: Settings,
    clock: Arc<FrozenClock>,
    seed: &str,
) -> Provider {
    let master = MasterKey::parse(&Secret::new("A".repeat(43))).expect("a master key");
    if settings.keys.algorithms == Policy::default().algorithms {
        reuse_keys(&store, &master, &settings.keys, clock.now());
    }
    let random = Arc::new(SeededRandom::new(seed));
    Provider::open(settings, store, clock, random, master).expect("a provider")
}

/// RSA keys take a second to make in a debug build: all worlds of a process share one set.
fn reuse_keys(store: &Arc<dyn Store>, master: &MasterKey, policy: &Policy, now: Timestamp) {
    static KEYS: OnceLock<Vec<KeyRow>> = OnceLock::new();
    let empty = |tx: &mut dyn Tx| Ok(tx.keys()?.is_empty());
    if !store.read(empty).expect("the keys are read") {
        return;
    }
    let keys = KEYS.get_or_init(|| {
        let scratch = ScratchDatabase::sqlite();
        let random = SeededRandom::new("keys");
        let made = rotate::apply(scratch.database.as_ref(), &random, master, policy, now);
        assert!(made.expect("keys are made"));
        scratch.database.read(|tx| Ok(tx.keys()?)).expect("the keys are read")
    });
    let added = store.write(|tx| {
        for key in keys {
            tx.insert_key(&KeyRow { announced_at: now, activated_at: Some(now), ..key.clone() })?;
        }
        Ok(())
    });
    added.expect("the keys are added");
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}
