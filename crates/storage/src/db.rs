//! Connections: which database it is, how one is opened, how its transactions begin.
//!
//! No verb asks whether it is SQLite or PostgreSQL: what differs for them is here.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use diesel::connection::{AnsiTransactionManager, SimpleConnection as _, TransactionManager};
use diesel::pg::PgConnection;
use diesel::r2d2::R2D2Connection as _;
use diesel::sqlite::SqliteConnection;
use diesel::{Connection, ConnectionError, ConnectionResult, QueryResult};
use keywright_core::store::{Mode, StoreError};

use crate::database::Options;

/// What a connection to SQLite that writes wants, beside durability. Its log is copied to the
/// database every 16 MiB (4000 pages), so that a page which changes often is copied rarely. The pages
/// of a savepoint are kept in memory, not in a temporary file, and 8 MiB of pages from one
/// transaction to the next.
const WRITER: &str =
    "PRAGMA wal_autocheckpoint = 4000; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8000;";

/// A connection to either database.
#[derive(diesel::MultiConnection)]
pub(crate) enum AnyConnection {
    /// To a server.
    Postgres(PgConnection),
    /// To a file.
    Sqlite(SqliteConnection),
}

/// Runs the same code on either connection as what it is. Diesel finds a compiled statement by its
/// type then; through the enum it has to write its SQL out at each run to find it.
macro_rules! on_either {
    ($any:expr, |$connection:ident| $work:expr) => {
        match $any {
            $crate::db::AnyConnection::Postgres($connection) => $work,
            $crate::db::AnyConnection::Sqlite($connection) => $work,
        }
    };
}
pub(crate) use on_either;

/// Asks for one row and keeps others from all that the row is made of, until the transaction ends:
/// in the order of the query's tables. A writer on SQLite has the database to itself.
macro_rules! hold {
    ($any:expr, $query:expr, $row:ty) => {
        match $any {
            $crate::db::AnyConnection::Postgres(c) => {
                $query.for_no_key_update().get_result::<$row>(c).optional()
            }
            $crate::db::AnyConnection::Sqlite(c) => $query.get_result::<$row>(c).optional(),
        }
    };
}
pub(crate) use hold;

type Manager = <AnyConnection as Connection>::TransactionManager;

impl AnyConnection {
    /// Begins a transaction. A writer on SQLite takes the write lock at once, since a reader
    /// that turns writer is refused without waiting. A glance has none to begin.
    pub(crate) fn begin(&mut self, mode: Mode) -> QueryResult<()> {
        match (self, mode) {
            (_, Mode::Glance) => Ok(()),
            (Self::Sqlite(c), Mode::Read) => {
                AnsiTransactionManager::begin_transaction_sql(c, "BEGIN")
            }
            (Self::Sqlite(c), Mode::Write) => {
                AnsiTransactionManager::begin_transaction_sql(c, "BEGIN IMMEDIATE")
            }
            (Self::Postgres(c), Mode::Read) => AnsiTransactionManager::begin_transaction_sql(
                c,
                "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            ),
            (Self::Postgres(c), Mode::Write) => AnsiTransactionManager::begin_transaction_sql(
                c,
                "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
            ),
        }
    }

    /// Runs a statement so that the transaction survives its failure: SQLite undoes a statement
    /// that met a constraint, PostgreSQL needs a savepoint to go back to.
    pub(crate) fn attempt<T>(
        &mut self,
        statement: impl FnOnce(&mut Self) -> QueryResult<T>,
    ) -> QueryResult<T> {
        match self {
            Self::Sqlite(_) => statement(self),
            Self::Postgres(_) => self.transaction(statement),
        }
    }

    /// Sets a savepoint inside the transaction.
    pub(crate) fn savepoint(&mut self) -> QueryResult<()> {
        Manager::begin_transaction(self)
    }

    /// Commits the transaction, or releases the innermost savepoint.
    pub(crate) fn commit(&mut self) -> QueryResult<()> {
        Manager::commit_transaction(self)
    }

    /// Rolls back to the innermost savepoint, or the whole transaction.
    pub(crate) fn rollback(&mut self) -> QueryResult<()> {
        Manager::rollback_transaction(self)
    }
}

/// Which database it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    /// A file.
    Sqlite,
    /// A server.
    Postgres,
}

/// A pooled connection, marked while a transaction is under way: a mark that is still there
/// when the connection comes back means that the transaction did not end.
pub(crate) struct Lease {
    pub(crate) connection: AnyConnection,
    pub(crate) in_use: bool,
}

/// Opens connections.
#[derive(Clone)]
pub(crate) struct ConnectionManager {
    engine: Engine,
    /// A path for SQLite, a URL for PostgreSQL.
    target: String,
    options: Options,
}

impl ConnectionManager {
    /// Chooses by scheme. Diesel's own `MultiConnection::establish` tries one after the other
    /// and would make a SQLite file named like the URL of a server that is down.
    pub(crate) fn new(url: &str, options: Options) -> Result<Self, StoreError> {
        let (engine, target) = match url.split_once("://") {
            Some(("sqlite", path)) if is_file_path(path) => (Engine::Sqlite, path.to_owned()),
            Some(("postgres" | "postgresql", _)) => {
                (Engine::Postgres, with_connect_timeout(url, &options))
            }
            Some(("sqlite", _)) => {
                return Err(StoreError::Failed(
                    "a sqlite:// URL needs the path of a file, without `?` or `:memory:`".into(),
                ));
            }
            _ => {
                return Err(StoreError::Failed(
                    "a database URL begins with sqlite:// or postgres://".into(),
                ));
            }
        };
        Ok(Self { engine, target, options })
    }

    pub(crate) fn engine(&self) -> Engine {
        self.engine
    }

    pub(crate) fn options(&self) -> &Options {
        &self.options
    }

    /// Makes the SQLite file if there is none, for its owner alone: it holds sealed keys and
    /// password hashes. The WAL and its index inherit the mode.
    pub(crate) fn create_file(&self) -> Result<(), StoreError> {
        if self.engine == Engine::Postgres || Path::new(&self.target).exists() {
            return Ok(());
        }
        OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&self.target)
            .map(drop)
            .map_err(|e| StoreError::Failed(format!("cannot create {}: {e}", self.target)))
    }

    /// Why a database could not be opened, with what SQLite itself leaves out: which file it was.
    pub(crate) fn explain(&self, error: StoreError) -> StoreError {
        match (self.engine, error) {
            (Engine::Sqlite, StoreError::Failed(text)) => StoreError::Failed(format!(
                "{text}: {} and its folder must be writable",
                self.target
            )),
            (_, error) => error,
        }
    }

    /// A connection that may write.
    pub(crate) fn connect_writer(&self) -> ConnectionResult<AnyConnection> {
        match self.engine {
            Engine::Postgres => self.connect_postgres(),
            Engine::Sqlite => {
                let synchronous = if self.options.durable { "FULL" } else { "OFF" };
                self.connect_sqlite(&format!(
                    "PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous}; {WRITER}"
                ))
            }
        }
    }

    fn connect_sqlite(&self, pragmas: &str) -> ConnectionResult<AnyConnection> {
        // `./` keeps a relative path that begins with `file:` from being read as a URI.
        let path = if Path::new(&self.target).is_absolute() {
            self.target.clone()
        } else {
            format!("./{}", self.target)
        };
        let mut connection = SqliteConnection::establish(&path)?;
        let wait = self.options.lock_timeout.as_millis();
        connection
            .batch_execute(&format!(
                "PRAGMA busy_timeout = {wait}; {pragmas} PRAGMA foreign_keys = ON;"
            ))
            .map_err(ConnectionError::CouldntSetupConfiguration)?;
        Ok(AnyConnection::Sqlite(connection))
    }

    /// Transactions say whether they write; a glance, which is none, may not.
    fn connect_postgres(&self) -> ConnectionResult<AnyConnection> {
        let mut connection = PgConnection::establish(&self.target)?;
        let wait = self.options.lock_timeout.as_millis();
        connection
            .batch_execute(&format!(
                "SET lock_timeout = {wait}; SET default_transaction_read_only = on"
            ))
            .map_err(ConnectionError::CouldntSetupConfiguration)?;
        Ok(AnyConnection::Postgres(connection))
    }
}

impl r2d2::ManageConnection for ConnectionManager {
    type Connection = Lease;
    type Error = ConnectionError;

    fn connect(&self) -> Result<Lease, ConnectionError> {
        let connection = match self.engine {
            Engine::Postgres => self.connect_postgres(),
            Engine::Sqlite => self.connect_sqlite("PRAGMA query_only = ON;"),
        }?;
        Ok(Lease { connection, in_use: false })
    }

    fn is_valid(&self, lease: &mut Lease) -> Result<(), ConnectionError> {
        lease.connection.ping().map_err(ConnectionError::CouldntSetupConfiguration)
    }

    fn has_broken(&self, lease: &mut Lease) -> bool {
        lease.in_use || lease.connection.is_broken()
    }
}

fn is_file_path(path: &str) -> bool {
    !path.is_empty() && !path.ends_with('/') && !path.contains('?') && path != ":memory:"
}

/// libpq waits for a silent host without end unless it is told otherwise.
fn with_connect_timeout(url: &str, options: &Options) -> String {
    if url.contains("connect_timeout=") {
        return url.to_owned();
    }
    let joint = if url.contains('?') { '&' } else { '?' };
    let seconds = options.connection_timeout.as_secs().max(2);
    format!("{url}{joint}connect_timeout={seconds}")
}
