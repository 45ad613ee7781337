//! A database as a whole: opened by URL, migrated, asked through [`Store`].

use std::fmt;
use std::time::Duration;

use keywright_core::store::{AuditEvent, Mode, Outcome, Promise, Store, StoreError, Tx};

use crate::db::{ConnectionManager, Engine, Lease};
use crate::examine::{self, Examination};
use crate::failure;
use crate::group_commit::{CommitObserver, GroupCommit};
use crate::migrate::{self, Schema};
use crate::transaction::{self, Failure};

/// How to talk to a database.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many pooled connections there are at most. On SQLite these only read; its one writer
    /// is apart.
    pub connections: u32,
    /// How long a transaction waits for a connection before it is
    /// [`StoreError::Unavailable`]; whole seconds count for PostgreSQL's own connect timeout.
    pub connection_timeout: Duration,
    /// How long a statement waits for a lock that another process (SQLite) or transaction
    /// (PostgreSQL) holds.
    pub lock_timeout: Duration,
    /// Whether a commit survives power loss. Off only in tests; PostgreSQL has its own setting.
    pub durable: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            connections: 8,
            connection_timeout: Duration::from_secs(3),
            lock_timeout: Duration::from_secs(5),
            durable: true,
        }
    }
}

/// The pool of connections at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolState {
    /// Connections that are open.
    pub open: u32,
    /// Those of them that nobody uses.
    pub idle: u32,
    /// How many there may be.
    pub limit: u32,
}

/// An open database. Share it in an `Arc`; connections close when the last one goes.
pub struct Database {
    manager: ConnectionManager,
    pool: r2d2::Pool<ConnectionManager>,
    writer: Option<GroupCommit>,
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("engine", &self.manager.engine()).finish_non_exhaustive()
    }
}

impl Database {
    /// Opens `sqlite://path` (relative to the working directory unless the path begins with a
    /// slash) or `postgres://...`. Creates the SQLite file, readable by its owner alone, when
    /// there is none. Does not migrate; a connection is tried.
    ///
    /// # Errors
    /// [`StoreError::Failed`] for another scheme (nothing is created then) and for a file that
    /// cannot be made; [`StoreError::Unavailable`] when the server does not answer.
    pub fn open(url: &str, options: Options) -> Result<Self, StoreError> {
        let manager = ConnectionManager::new(url, options)?;
        manager.create_file()?;
        manager.connect_writer().map_err(|e| manager.explain(failure::connecting(&e)))?;
        let options = manager.options();
        let pool = r2d2::Pool::builder()
            .max_size(options.connections.max(1))
            .min_idle(Some(0))
            .connection_timeout(options.connection_timeout)
            .test_on_check_out(false)
            .build_unchecked(manager.clone());
        let writer = match manager.engine() {
            Engine::Sqlite => Some(GroupCommit::new(manager.clone())),
            Engine::Postgres => None,
        };
        Ok(Self { manager, pool, writer })
    }

    /// Brings the schema up to date, under a lock that other processes respect; the names of
    /// the migrations that were applied, oldest first. All of them or none.
    ///
    /// # Errors
    /// [`StoreError::Failed`] when a migration fails or when the schema was migrated by a newer
    /// binary (it is left alone then).
    pub fn migrate(&self) -> Result<Vec<String>, StoreError> {
        let mut connection = self.manager.connect_writer().map_err(|e| failure::connecting(&e))?;
        migrate::run(&mut connection)
    }

    /// The migrations that [`Database::migrate`] would apply; changes nothing.
    ///
    /// # Errors
    /// [`StoreError::Failed`] when the schema was migrated by a newer binary.
    pub fn pending_migrations(&self) -> Result<Vec<String>, StoreError> {
        let mut connection = self.manager.connect_writer().map_err(|e| failure::connecting(&e))?;
        migrate::pending(&mut connection)
    }

    /// What an operator wants to know of it. Reads the whole file on SQLite.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it does not answer, [`StoreError::Failed`] when it cannot
    /// even be asked.
    pub fn examine(&self) -> Result<Examination, StoreError> {
        let mut connection = self.manager.connect_writer().map_err(|e| failure::connecting(&e))?;
        examine::run(&mut connection).map_err(|e| failure::store_error(&e))
    }

    /// Tells `observer` of every commit that SQLite's writers share.
    #[must_use]
    pub fn observed(self, observer: CommitObserver) -> Self {
        let writer = self.writer.map(|writer| writer.observed(observer));
        Self { writer, ..self }
    }

    /// Asks the database, by a pooled connection, whether its tables are what this binary knows.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it does not answer, [`StoreError::Failed`] when it does
    /// and there is nothing of ours in it.
    pub fn schema(&self) -> Result<Schema, StoreError> {
        let mut pooled = self.begin(Mode::Read)?;
        let lease: &mut Lease = &mut pooled;
        let found = migrate::schema(&mut lease.connection);
        // A connection whose transaction did not end as it should goes.
        lease.in_use = lease.connection.rollback().is_err();
        found
    }

    /// The pool at this instant.
    pub fn pool(&self) -> PoolState {
        let state = self.pool.state();
        PoolState {
            open: state.connections,
            idle: state.idle_connections,
            limit: self.pool.max_size(),
        }
    }

    /// A pooled connection with a transaction begun on it. A connection that broke while it
    /// was idle (the server restarted) is replaced: nothing has happened on it yet.
    fn begin(&self, mode: Mode) -> Result<r2d2::PooledConnection<ConnectionManager>, StoreError> {
        let mut last = None;
        for _ in 0..=self.pool.max_size() {
            let mut pooled = self.lease()?;
            match pooled.connection.begin(mode) {
                Ok(()) => return Ok(pooled),
                Err(error) => last = Some(failure::store_error(&error)),
            }
        }
        Err(last.unwrap_or_else(|| StoreError::Unavailable("no connection".into())))
    }

    /// A pooled connection, marked as in use.
    fn lease(&self) -> Result<r2d2::PooledConnection<ConnectionManager>, StoreError> {
        let mut pooled = self.pool.get().map_err(|e| StoreError::Unavailable(e.to_string()))?;
        pooled.in_use = true;
        Ok(pooled)
    }

    /// A question that meets a broken connection is asked again on another one.
    fn glance(&self, body: &mut dyn FnMut(&mut dyn Tx) -> Outcome) -> Result<(), StoreError> {
        let mut tries = 0..self.pool.max_size();
        loop {
            let mut pooled = self.lease()?;
            let Err(Failure { error, lost }) = transaction::glance(&mut pooled.connection, body)
            else {
                pooled.in_use = false;
                return Ok(());
            };
            if !lost || tries.next().is_none() {
                return Err(error);
            }
        }
    }

    fn transact_alone(
        &self,
        mode: Mode,
        body: &mut dyn FnMut(&mut dyn Tx) -> Outcome,
    ) -> Result<Vec<AuditEvent>, StoreError> {
        let mut pooled = self.begin(mode)?;
        let lease: &mut Lease = &mut pooled;
        let ended = transaction::run(&mut lease.connection, body);
        // A connection whose transaction did not end as it should goes, and with it whatever
        // was left undone: `in_use` stays.
        lease.in_use = ended.connection_lost || ended.statement_failed;
        ended.result
    }
}

impl Store for Database {
    fn promise(
        &self,
        mode: Mode,
        body: &mut dyn FnMut(&mut dyn Tx) -> Outcome,
    ) -> Result<Promise, StoreError> {
        match (&self.writer, mode) {
            (_, Mode::Glance) => self.glance(body).map(|()| Promise::Kept(Vec::new())),
            (Some(writer), Mode::Write) => writer.promise(body),
            _ => self.transact_alone(mode, body).map(Promise::Kept),
        }
    }
}
