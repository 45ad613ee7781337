//! Scratch databases: a migrated database of its own for each test, on both engines.
//!
//! SQLite: a copy of a template file that was migrated once, the same WAL code as in
//! production. PostgreSQL: a schema of its own in a cluster that this process starts and that
//! ends with it, or on the server that `KEYWRIGHT_TEST_POSTGRES_URL` names.

#![expect(
    clippy::expect_used,
    clippy::print_stderr,
    reason = "what cannot be set up fails the test, and the test's reader wants to know why"
)]

mod cluster;
mod contents;

pub use cluster::OwnServer;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::process;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, PgConnection, SqliteConnection};
use keywright_storage::{Database, Options};
use tempfile::TempDir;

/// Which database a test runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// A file of its own.
    Sqlite,
    /// A schema of its own.
    Postgres,
}

/// A migrated, empty database that is gone after the test.
pub struct ScratchDatabase {
    /// What [`Database::open`] opens it by: for a second process, or a second replica.
    pub url: String,
    /// The database, open.
    pub database: Arc<Database>,
    /// Which one it is.
    pub engine: Engine,
    raw: String,
    _directory: Option<TempDir>,
}

impl fmt::Debug for ScratchDatabase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScratchDatabase").field("engine", &self.engine).finish_non_exhaustive()
    }
}

impl Drop for ScratchDatabase {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the database of this test was on {:?}", self.engine);
        }
    }
}

/// Runs a test on every engine that is at hand; PostgreSQL must be when `CI=true`.
pub fn each(test: impl Fn(ScratchDatabase)) {
    test(ScratchDatabase::sqlite());
    if let Some(scratch) = ScratchDatabase::postgres() {
        test(scratch);
    }
}

/// What is wrong with a SQLite file: its pages, indexes, constraints and references.
///
/// # Panics
/// When it cannot be opened.
pub fn damage_of_sqlite(file: &Path) -> Vec<String> {
    let name = file.display().to_string();
    let mut connection = SqliteConnection::establish(&name).expect("a connection");
    contents::damage(&mut connection).expect("the checks run")
}

/// How tests open databases: without waiting for the disk, and with patience, since the
/// machine may be busy with other tests.
pub fn options() -> Options {
    Options {
        connections: 8,
        connection_timeout: Duration::from_secs(60),
        lock_timeout: Duration::from_secs(60),
        durable: false,
    }
}

impl ScratchDatabase {
    /// One on SQLite.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn sqlite() -> Self {
        static TEMPLATE: OnceLock<Vec<u8>> = OnceLock::new();
        let template = TEMPLATE.get_or_init(|| {
            let directory = TempDir::new().expect("a temporary directory");
            let path = directory.path().join("template.db");
            let database =
                Database::open(&format!("sqlite://{}", path.display()), options()).expect("open");
            database.migrate().expect("the migrations apply");
            // The last connection to close folds the WAL into the file.
            drop(database);
            std::fs::read(&path).expect("the template")
        });
        let directory = TempDir::new().expect("a temporary directory");
        let path = directory.path().join("test.db");
        std::fs::write(&path, template).expect("a copy of the template");
        let url = format!("sqlite://{}", path.display());
        let database = Database::open(&url, options()).expect("the copy opens");
        Self {
            url,
            database: Arc::new(database),
            engine: Engine::Sqlite,
            raw: path.display().to_string(),
            _directory: Some(directory),
        }
    }

    /// One on PostgreSQL, or none when there is no PostgreSQL here.
    ///
    /// # Panics
    /// When it cannot be made, and with `CI=true` also when there is no PostgreSQL.
    pub fn postgres() -> Option<Self> {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let server = cluster::server_url()?;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let schema = format!("test_{}_{number}", process::id());
        PgConnection::establish(server)
            .expect("the PostgreSQL server answers")
            .batch_execute(&format!(
                "DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}"
            ))
            .expect("a schema");
        let joint = if server.contains('?') { '&' } else { '?' };
        let url = format!("{server}{joint}options=-csearch_path%3D{schema}");
        let database = Database::open(&url, options()).expect("the schema opens");
        database.migrate().expect("the migrations apply");
        Some(Self {
            raw: url.clone(),
            url,
            database: Arc::new(database),
            engine: Engine::Postgres,
            _directory: None,
        })
    }

    /// Runs SQL past the store, for instance to write a row that cannot be.
    ///
    /// # Panics
    /// When the database refuses it.
    pub fn execute(&self, sql: &str) {
        match self.engine {
            Engine::Sqlite => self.sqlite_connection().batch_execute(sql),
            Engine::Postgres => self.postgres_connection().batch_execute(sql),
        }
        .expect("the SQL runs");
    }

    /// Every row of every table as text: equal before and after means that nothing was written.
    ///
    /// # Panics
    /// When the database cannot be read.
    pub fn contents(&self) -> BTreeMap<String, String> {
        match self.engine {
            Engine::Sqlite => contents::of_sqlite(&mut self.sqlite_connection()),
            Engine::Postgres => contents::of_postgres(&mut self.postgres_connection()),
        }
        .expect("the tables can be read")
    }

    fn sqlite_connection(&self) -> SqliteConnection {
        let mut connection = SqliteConnection::establish(&self.raw).expect("a connection");
        connection.batch_execute("PRAGMA busy_timeout = 60000").expect("a pragma");
        connection
    }

    fn postgres_connection(&self) -> PgConnection {
        PgConnection::establish(&self.raw).expect("a connection")
    }
}
