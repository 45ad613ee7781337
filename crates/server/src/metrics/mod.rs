//! What the server counts and measures beside the web side's own metrics, and the registry that
//! names all of it.
//!
//! Labels come from closed sets. What has a state of its own (keys, pool, process, certificate)
//! is looked at when it is asked for; nothing here asks the database.

mod certificate;
mod commits;
mod jobs;
mod keys;
mod pool;
mod process;
mod store;

use std::sync::Arc;

use keywright_core::provider::Provider;
use keywright_core::store::Store;
use keywright_http::ServerCertificate;
use keywright_storage::Database;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

pub(crate) use commits::Commits;
pub(crate) use jobs::Jobs;

/// Upper bounds of the classes of a database's duration, in seconds.
const DURATIONS: [f64; 12] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1.0, 5.0];

/// The metrics of one process.
#[derive(Debug, Clone, Default)]
pub(crate) struct Metrics {
    /// Those of the web side.
    pub(crate) http: keywright_http::Metrics,
    /// SQLite's shared commits.
    pub(crate) commits: Commits,
    /// Background jobs.
    pub(crate) jobs: Jobs,
    store: store::Transactions,
}

impl Metrics {
    /// The same database, with its transactions measured and its audit events counted.
    pub(crate) fn measure(&self, database: &Arc<Database>) -> Arc<dyn Store> {
        Arc::new(store::Measured::new(Arc::clone(database), self.store.clone()))
    }

    /// Names everything, with the prefix `keywright_` but for what every process has.
    pub(crate) fn registry(
        &self,
        provider: &Provider,
        database: &Arc<Database>,
        certificate: Option<&Arc<ServerCertificate>>,
    ) -> Registry {
        let mut all = Registry::default();
        all.register_collector(Box::new(process::Process { started: provider.now() }));
        let ours = all.sub_registry_with_prefix("keywright");
        let version = ("version", env!("CARGO_PKG_VERSION"));
        let commit = ("commit", option_env!("KEYWRIGHT_COMMIT").unwrap_or("unknown"));
        ours.register("build", "What runs", Info::new([version, commit]));
        self.http.register(ours);
        self.store.register(ours);
        self.commits.register(ours);
        self.jobs.register(ours);
        ours.register_collector(Box::new(keys::Keys(provider.clone())));
        ours.register_collector(Box::new(pool::Pool(Arc::clone(database))));
        if let Some(certificate) = certificate {
            ours.register_collector(Box::new(certificate::Expiry(Arc::clone(certificate))));
        }
        all
    }
}
