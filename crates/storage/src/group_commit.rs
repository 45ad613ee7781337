//! SQLite's writers share one connection and one commit.
//!
//! A commit costs an `fsync`, and SQLite has one writer at a time: so whoever comes while a
//! transaction is open joins it with a savepoint of their own, on their own thread. The last
//! member (nobody waits behind it, or the group is full) commits for all. Nobody is told
//! anything before that commit: a member's refusal may rest on what another one wrote.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use diesel::QueryResult;
use keywright_core::store::{AuditEvent, Mode, Outcome, StoreError, Tx};

use crate::db::{AnyConnection, ConnectionManager};
use crate::failure;
use crate::transaction;

/// A commit as it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Commit {
    /// How many transactions shared it.
    pub members: usize,
    /// How long the database took for it.
    pub took: Duration,
}

/// Who is told of every commit; runs while the writer is locked, and must be quick.
pub type CommitObserver = Box<dyn Fn(Commit) + Send + Sync>;

/// How many transactions share a commit at most; beyond that the first would wait too long.
const MEMBERS: usize = 64;

/// The one writer of a SQLite file in this process.
pub(crate) struct GroupCommit {
    manager: ConnectionManager,
    writer: Mutex<Writer>,
    waiting: AtomicUsize,
    observer: Option<CommitObserver>,
}

#[derive(Default)]
struct Writer {
    connection: Option<AnyConnection>,
    open: Option<OpenGroup>,
}

struct OpenGroup {
    group: Arc<Group>,
    members: usize,
}

/// What the members of a group wait for.
#[derive(Default)]
struct Group {
    fate: Mutex<Option<Result<(), Fatal>>>,
    decided: Condvar,
}

/// Why a group failed: a [`StoreError`] that every member can have a copy of.
#[derive(Clone)]
struct Fatal {
    passing: bool,
    text: String,
}

impl From<StoreError> for Fatal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(text) => Self { passing: true, text },
            other => Self { passing: false, text: other.to_string() },
        }
    }
}

impl From<Fatal> for StoreError {
    fn from(fatal: Fatal) -> Self {
        if fatal.passing { Self::Unavailable(fatal.text) } else { Self::Failed(fatal.text) }
    }
}

impl Group {
    fn decide(&self, fate: Result<(), Fatal>) {
        *lock(&self.fate) = Some(fate);
        self.decided.notify_all();
    }

    fn wait(&self) -> Result<(), Fatal> {
        let mut fate = lock(&self.fate);
        loop {
            if let Some(fate) = fate.as_ref() {
                return fate.clone();
            }
            fate = self.decided.wait(fate).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl GroupCommit {
    /// Connects when the first transaction comes.
    pub(crate) fn new(manager: ConnectionManager) -> Self {
        Self { manager, writer: Mutex::default(), waiting: AtomicUsize::new(0), observer: None }
    }

    /// Tells `observer` of every commit.
    pub(crate) fn observed(self, observer: CommitObserver) -> Self {
        Self { observer: Some(observer), ..self }
    }

    /// Runs `body` in a group; returns when the group's fate is known.
    pub(crate) fn transact(
        &self,
        body: &mut dyn FnMut(&mut dyn Tx) -> Outcome,
    ) -> Result<Vec<AuditEvent>, StoreError> {
        // Counted before the lock is asked for: whoever sees the count and leaves the group
        // open can rely on somebody coming after.
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let writer = lock(&self.writer);
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        let mut turn = Turn { writer, settled: false, observer: self.observer.as_ref() };

        let group = self.join(&mut turn.writer)?;
        let own = turn.run_member(body);
        let last = self.waiting.load(Ordering::SeqCst) == 0;
        turn.end(last);
        group.wait()?;
        own
    }

    /// Joins the open group, or opens one. Fails only when there is no group to fail with it.
    fn join(&self, writer: &mut Writer) -> Result<Arc<Group>, StoreError> {
        if let Some(open) = &mut writer.open {
            open.members += 1;
            return Ok(Arc::clone(&open.group));
        }
        let mut connection = match writer.connection.take() {
            Some(connection) => connection,
            None => self.manager.connect_writer().map_err(|e| failure::connecting(&e))?,
        };
        // A connection that cannot begin is not put back.
        connection.begin(Mode::Write).map_err(|e| failure::store_error(&e))?;
        writer.connection = Some(connection);
        let group = Arc::new(Group::default());
        writer.open = Some(OpenGroup { group: Arc::clone(&group), members: 1 });
        Ok(group)
    }
}

/// The writer while one member has it. Dropped by a panic, it fails the whole group: nobody
/// knows what the body left behind.
struct Turn<'w> {
    writer: MutexGuard<'w, Writer>,
    settled: bool,
    observer: Option<&'w CommitObserver>,
}

impl Turn<'_> {
    /// Runs one member in its savepoint. A savepoint that cannot be set or ended fails the
    /// group; the member hears of that from the group.
    fn run_member(
        &mut self,
        body: &mut dyn FnMut(&mut dyn Tx) -> Outcome,
    ) -> Result<Vec<AuditEvent>, StoreError> {
        let Some(connection) = self.writer.connection.as_mut() else {
            return Ok(Vec::new());
        };
        if let Err(error) = connection.savepoint() {
            self.fail(failure::store_error(&error));
            return Ok(Vec::new());
        }
        let ended = transaction::run(connection, body);
        if ended.connection_lost {
            self.fail(StoreError::Failed("a savepoint of the transaction is gone".into()));
        }
        ended.result
    }

    /// Commits when this member is the last, else leaves the group open for the next.
    fn end(mut self, last: bool) {
        self.settled = true;
        let full = self.writer.open.as_ref().is_some_and(|open| open.members >= MEMBERS);
        if !last && !full {
            return;
        }
        match self.commit() {
            Some(Err(error)) => self.fail(failure::store_error(&error)),
            _ => {
                if let Some(open) = self.writer.open.take() {
                    open.group.decide(Ok(()));
                }
            }
        }
    }

    #[expect(clippy::disallowed_methods, reason = "telemetry measures; nothing is decided by it")]
    fn commit(&mut self) -> Option<QueryResult<()>> {
        let members = self.writer.open.as_ref().map_or(0, |open| open.members);
        let began = Instant::now();
        let committed = self.writer.connection.as_mut().map(AnyConnection::commit);
        if let Some(observer) = self.observer {
            observer(Commit { members, took: began.elapsed() });
        }
        committed
    }

    /// Fails the group and drops the connection, which rolls back.
    fn fail(&mut self, error: StoreError) {
        self.writer.connection = None;
        if let Some(open) = self.writer.open.take() {
            open.group.decide(Err(error.into()));
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if !self.settled {
            self.fail(StoreError::Unavailable("another transaction of the group died".into()));
        }
    }
}

/// A poisoned lock is taken all the same: [`Turn`] has already put in order what a panic left.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
