//! Puts the parts together: configuration, database, master key, provider, listener, jobs.

use std::fs::DirBuilder;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::DirBuilderExt as _;
use std::sync::Arc;

use actix_web::rt::task::spawn_blocking;
use keywright_core::account::setup;
use keywright_core::audit::Event;
use keywright_core::keys::lifecycle::Lifecycle;
use keywright_core::keys::seal::MasterKey;
use keywright_core::provider::Provider;
use keywright_core::random::OsRandom;
use keywright_core::store::{Store, StoreError, StoreExt as _, Tx};
use keywright_core::time::{Clock as _, Timestamp};
use keywright_http::{Management, ServerCertificate, ServerOptions, Serving};
use keywright_storage::{Database, Options};

use crate::clock::SystemClock;
use crate::config::{self, Config, Tls};
use crate::failure::Failure;
use crate::metrics::Metrics;
use crate::{jobs, master_key, open_files, readiness, shutdown, telemetry};

/// What a verb of the command line works with.
pub(crate) struct Wired<'c> {
    /// The configuration.
    pub(crate) config: &'c Config,
    /// The database, with current tables.
    pub(crate) store: Database,
    /// Randomness.
    pub(crate) random: OsRandom,
    clock: SystemClock,
}

impl Wired<'_> {
    /// The current instant.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Records a change that the command line makes, in the transaction that makes it.
    ///
    /// # Errors
    /// When the database fails, or there is no randomness.
    pub(crate) fn record(
        &self,
        tx: &mut dyn Tx,
        event: Event,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        event.detail("by", "command line").record_alone(&self.random, tx, now)
    }

    /// The master key that this database belongs to.
    ///
    /// # Errors
    /// When it is missing, malformed or of another database.
    pub(crate) fn master_key(&self) -> Result<MasterKey, Failure> {
        master_key(self.config, &self.store, &self.random)
    }

    /// For changing keys.
    pub(crate) fn key_lifecycle<'w>(&'w self, master: &'w MasterKey) -> Lifecycle<'w> {
        Lifecycle {
            store: &self.store,
            random: &self.random,
            master,
            policy: &self.config.settings.keys,
            now: self.now(),
            by: "command line",
        }
    }
}

/// The database and what a verb needs beside it. A brand-new database gets its tables, so that
/// `users add` works before the first start; an older one is left to `keywright migrate`, since
/// a running server of the older version may use it.
///
/// # Errors
/// When the database cannot be opened or its tables are of another version.
pub(crate) fn open(config: &Config) -> Result<Wired<'_>, Failure> {
    let store = database(config)?;
    if !store.pending_migrations()?.is_empty() {
        if !is_new(&store) {
            return Err(Failure::new("the database's tables are of an older version")
                .hint("run `keywright migrate`, or start the server, which does it too"));
        }
        store.migrate()?;
    }
    Ok(Wired { config, store, random: OsRandom, clock: SystemClock })
}

/// The database as it is.
///
/// # Errors
/// When it cannot be opened, or the data directory cannot be made.
pub(crate) fn database(config: &Config) -> Result<Database, Failure> {
    let dir = &config.data_dir;
    if config.database.is_sqlite() {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(dir);
        made.map_err(|error| {
            Failure::new(format!("cannot make the data directory {}: {error}", dir.display()))
                .hint("choose another with --data-dir or KEYWRIGHT_DATA_DIR")
        })?;
    }
    let options = Options {
        connections: config.database.pool_size,
        connection_timeout: config.database.timeout,
        lock_timeout: config.database.timeout,
        ..Options::default()
    };
    Ok(Database::open(config.database.url.expose(), options)?)
}

/// Runs the server until a signal ends it and what was under way is done.
///
/// # Errors
/// When any part cannot be started.
pub(crate) fn serve(config: &Config) -> Result<(), Failure> {
    serve_beside(config, || Ok(()))
}

/// The same; `beside` runs once the server listens, and may start more on the same runtime.
///
/// # Errors
/// When any part cannot be started, or what `beside` says.
pub(crate) fn serve_beside(
    config: &Config,
    beside: impl FnOnce() -> Result<(), Failure>,
) -> Result<(), Failure> {
    let metrics = Metrics::default();
    let store = Arc::new(database(config)?.observed(metrics.commits.observer()));
    for migration in store.migrate()? {
        tracing::info!("applied migration {migration}");
    }
    let certificate = config.tls.as_ref().map(certificate).transpose()?;
    let listen = config.listen.iter().copied().map(take_port).collect::<Result<Vec<_>, _>>()?;
    let provider = provider(config, &listen, metrics.measure(&store))?;
    for change in config::reconcile::apply(&provider, &config.declared)? {
        tracing::info!("configuration: {change}");
    }
    let options = ServerOptions {
        tls: certificate.clone(),
        metrics: metrics.http.clone(),
        ..server_options(config, listen)
    };
    let management = {
        let (provider, database) = (provider.clone(), Arc::clone(&store));
        let registry = metrics.registry(&provider, &store, certificate.as_ref());
        Management::new(registry, move || readiness::look(&provider, &database))
    };
    actix_web::rt::System::new().block_on(async {
        manage_on(&config.management, &management)?;
        let serving = listen_on(&options, &provider)?;
        let jobs = jobs::start(&provider, &metrics.jobs, certificate.as_ref())?;
        shutdown::on_signals(serving.server.handle(), management, config.http.shutdown_delay)?;
        // Who reads this line may stop the server: the handlers are there by now.
        announce(config, &provider, &serving.addresses)?;
        beside()?;
        serving.server.await?;
        let patience = config.http.shutdown_timeout;
        if !spawn_blocking(move || jobs.stop(patience)).await.unwrap_or_default() {
            return Err(Failure::new("a job did not end in time"));
        }
        tracing::info!("stopped");
        Ok(())
    })
}

fn provider(
    config: &Config,
    listen: &[SocketAddr],
    store: Arc<dyn Store>,
) -> Result<Provider, Failure> {
    let mut settings = config.settings.clone();
    if !config.issuer_is_configured {
        settings.issuer = config::derived_issuer(listen, config.tls.is_some());
    }
    let random = Arc::new(OsRandom);
    let master = master_key(config, store.as_ref(), random.as_ref())?;
    Ok(Provider::open(settings, store, Arc::new(SystemClock), random, master)?)
}

/// What the listener has from its files.
pub(crate) fn certificate(tls: &Tls) -> Result<Arc<ServerCertificate>, Failure> {
    ServerCertificate::load(&tls.certificate, &tls.key).map_err(|error| {
        Failure::new(error.to_string()).hint("check tls.certificate_file and tls.key_file")
    })
}

/// Only a database that belongs to no master key yet may get a generated one.
fn master_key(config: &Config, store: &dyn Store, random: &OsRandom) -> Result<MasterKey, Failure> {
    let master = master_key::load(config, random, MasterKey::is_unclaimed(store)?)?;
    master.check(store)?;
    Ok(master)
}

/// Nothing answers where a migrated database has its tables.
fn is_new(store: &Database) -> bool {
    store.read(|tx| Ok(tx.versions()?)).is_err()
}

fn server_options(config: &Config, listen: Vec<SocketAddr>) -> ServerOptions {
    let http = &config.http;
    let defaults = ServerOptions::new(listen);
    ServerOptions {
        workers: http.workers.unwrap_or(defaults.workers),
        hops: http.concurrent.unwrap_or_else(|| hops(&config.database, &defaults)),
        hop_queue: http.queue,
        hop_wait: http.wait,
        hash_threads: http.hash_threads.unwrap_or(defaults.hash_threads),
        hash_queue: http.hash_queue,
        connections: open_files::connections(config),
        request_timeout: http.request_timeout,
        body_timeout: http.body_timeout,
        response_timeout: http.response_timeout,
        keep_alive: http.keep_alive,
        shutdown_timeout: http.shutdown_timeout,
        signals: false,
        trusted_proxies: http.trusted_proxies.clone(),
        limits: http.limits,
        ..defaults
    }
}

/// SQLite's work is done on these threads: a few more than cores keep all of them busy, and many
/// would only wake each other. With PostgreSQL they wait, each with a connection of its own.
fn hops(database: &config::Database, defaults: &ServerOptions) -> usize {
    if database.is_sqlite() {
        return defaults.hops;
    }
    usize::try_from(database.pool_size).unwrap_or(defaults.hops)
}

/// A free port in place of port 0. It must be known before the provider is opened, because a
/// derived issuer contains it; between here and the listener somebody else could take it, and
/// then the start fails with a clear message.
fn take_port(address: SocketAddr) -> io::Result<SocketAddr> {
    if address.port() != 0 {
        return Ok(address);
    }
    TcpListener::bind(address)?.local_addr()
}

fn listen_on(options: &ServerOptions, provider: &Provider) -> Result<Serving, Failure> {
    keywright_http::serve(options, provider.clone()).map_err(|error| {
        Failure::new(format!("cannot listen on {}: {error}", list(&options.listen)))
            .hint("choose another address with --listen or KEYWRIGHT_LISTEN")
    })
}

/// Serves the management endpoints on a thread of their own, until the runtime ends.
fn manage_on(listen: &[SocketAddr], management: &Arc<Management>) -> Result<(), Failure> {
    if listen.is_empty() {
        return Ok(());
    }
    let serving = management.serve(listen).map_err(|error| {
        Failure::new(format!("cannot listen on {} for management: {error}", list(listen))).hint(
            "choose another address with KEYWRIGHT_MANAGEMENT__LISTEN or management.listen; \
             empty turns it off",
        )
    })?;
    tracing::info!("management on http://{}", list(&serving.addresses));
    actix_web::rt::spawn(serving.server);
    Ok(())
}

fn list(addresses: &[SocketAddr]) -> String {
    addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn announce(config: &Config, provider: &Provider, addresses: &[SocketAddr]) -> Result<(), Failure> {
    tracing::info!(
        "listening on {}, issuer {}, database {}",
        list(addresses),
        provider.settings.issuer,
        config.database.kind(),
    );
    if !config.issuer_is_configured {
        tracing::warn!("no issuer is configured: this is fit for trying out on one machine only");
    }
    offer_setup(config, provider)
}

/// While there is no administrator, every start offers a new link to make the first one.
fn offer_setup(config: &Config, provider: &Provider) -> Result<(), Failure> {
    let Some(token) = setup::open(provider)? else { return Ok(()) };
    let link = provider.settings.url(&format!("/setup/{}", token.expose()));
    let message = format!(
        "there is no administrator yet: open {link} to make one, or run \
         `keywright users add --admin NAME`"
    );
    telemetry::tell(&config.log, &message)
}
