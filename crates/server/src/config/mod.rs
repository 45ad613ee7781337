//! Configuration: what the operator decided, out of flags, environment, file and defaults,
//! validated as a whole with every problem at once.

mod algorithm;
mod declared;
mod options;
mod problem;
mod reader;
pub(crate) mod reconcile;
mod value;

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use keywright_core::provider::Settings;
use keywright_core::secret::Secret;
use keywright_core::time::Seconds;
use keywright_http::{Limits, TrustedProxies};

pub(crate) use algorithm::disabled as disabled_algorithm;
pub(crate) use declared::{ClientDeclaration, Declared, Password, UserDeclaration};
pub(crate) use options::derived_issuer;
pub(crate) use problem::Problem;
pub(crate) use reader::Sources;
pub(crate) use value::Raw;

use reader::Reader;

/// Every option with its default and an explanation.
pub(crate) const DEFAULT_FILE: &str = include_str!("default.toml");

/// What is read when nothing names another file, if it exists.
const USUAL_FILE: &str = "keywright.toml";

/// A valid configuration.
#[derive(Debug)]
pub(crate) struct Config {
    /// For the provider. The issuer is that of `listen` when none is configured.
    pub(crate) settings: Settings,
    /// How long an access token may live: as long as the key that signed it stays published
    /// (`keys.retired`). Nothing bounds it with `keys.allow_short_windows`.
    pub(crate) longest_token: Option<Seconds>,
    /// Whether the issuer is configured, not derived from where we listen.
    pub(crate) issuer_is_configured: bool,
    /// Where to listen.
    pub(crate) listen: Vec<SocketAddr>,
    /// Where generated files go.
    pub(crate) data_dir: PathBuf,
    /// The database.
    pub(crate) database: Database,
    /// The master key, if it is configured.
    pub(crate) master_key: Option<Secret>,
    /// Files that secrets were read from.
    pub(crate) secret_files: Vec<PathBuf>,
    /// The certificate of the listener, when it speaks TLS.
    pub(crate) tls: Option<Tls>,
    /// Where the management listener listens; nowhere when empty.
    pub(crate) management: Vec<SocketAddr>,
    /// How the listener runs.
    pub(crate) http: Http,
    /// How to log.
    pub(crate) log: Log,
    /// Clients, resources and users.
    pub(crate) declared: Declared,
}

/// Where and how to reach the database.
#[derive(Debug)]
pub(crate) struct Database {
    /// Its URL; may hold a password.
    pub(crate) url: Secret,
    /// Connections that are open at most.
    pub(crate) pool_size: u32,
    /// How long to wait for a connection or a lock.
    pub(crate) timeout: Duration,
}

impl Database {
    /// Whether it is a file of ours.
    pub(crate) fn is_sqlite(&self) -> bool {
        self.url.expose().starts_with("sqlite:")
    }

    /// What it is called in a log line.
    pub(crate) fn kind(&self) -> &'static str {
        if self.is_sqlite() { "SQLite" } else { "PostgreSQL" }
    }
}

/// The files of a certificate.
#[derive(Debug)]
pub(crate) struct Tls {
    /// A PEM chain, leaf first.
    pub(crate) certificate: PathBuf,
    /// Its PEM private key.
    pub(crate) key: PathBuf,
}

/// Limits of the listener and of the password queue.
#[derive(Debug)]
pub(crate) struct Http {
    /// Threads that speak HTTP; one per core when absent.
    pub(crate) workers: Option<usize>,
    /// Requests at the database at once.
    pub(crate) concurrent: Option<usize>,
    /// Requests that may wait for their turn.
    pub(crate) queue: usize,
    /// Wait for a turn.
    pub(crate) wait: Duration,
    /// Connections at once.
    pub(crate) connections: usize,
    /// Time for a request head.
    pub(crate) request_timeout: Duration,
    /// Time for a request body.
    pub(crate) body_timeout: Duration,
    /// Time to receive answers.
    pub(crate) response_timeout: Duration,
    /// Life of an idle connection.
    pub(crate) keep_alive: Duration,
    /// Time between a signal and the closing of the listener.
    pub(crate) shutdown_delay: Duration,
    /// Time to finish after that.
    pub(crate) shutdown_timeout: Duration,
    /// Threads that hash passwords; one per core when absent.
    pub(crate) hash_threads: Option<usize>,
    /// Logins that may wait for one.
    pub(crate) hash_queue: usize,
    /// Whose word counts for where a request comes from.
    pub(crate) trusted_proxies: TrustedProxies,
    /// How many requests one network may send.
    pub(crate) limits: Limits,
}

/// How to log.
#[derive(Debug)]
pub(crate) struct Log {
    /// Directives of tracing's `EnvFilter`.
    pub(crate) level: String,
    /// Lines of JSON in place of text.
    pub(crate) json: bool,
}

/// Finds the file and reads it. `chosen` must exist; the usual file need not.
pub(crate) fn file(chosen: Option<&Path>) -> Result<Option<(PathBuf, String)>, Problem> {
    let path = chosen.unwrap_or_else(|| Path::new(USUAL_FILE));
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some((path.to_owned(), text))),
        Err(error) if chosen.is_none() && error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Problem {
            place: path.display().to_string(),
            sentence: format!("cannot read this configuration file: {error}"),
        }),
    }
}

/// Reads and validates everything.
///
/// # Errors
/// Every problem there is.
pub(crate) fn load(sources: Sources) -> Result<Config, Vec<Problem>> {
    let mut reader = Reader::new(sources, DEFAULT_FILE);
    let config = options::read(&mut reader);
    let (_, problems) = reader.finish();
    if problems.is_empty() { Ok(config) } else { Err(problems) }
}

#[cfg(test)]
mod tests;
