//! SQLite's writers share one connection and one commit.
//!
//! A commit costs an `fsync`, and SQLite has one writer at a time: so whoever comes while a
//! transaction is open joins it with a savepoint of their own, on their own thread. The last
//! member (nobody waits behind it, or the group is full) commits for all. Nobody is told
//! anything before that commit: a member's refusal may rest on what another one wrote.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use diesel::QueryResult;
use keywright_core::store::{AuditEvent, Mode, Outcome, Promise, StoreError, Then, Tx};

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
struct Group(Mutex<State>);

enum State {
    /// Who wants to be told.
    Open(Vec<Box<dyn FnOnce(Fate) + Send>>),
    Decided(Fate),
}

impl Default for State {
    fn default() -> Self {
        Self::Open(Vec::new())
    }
}

type Fate = Result<(), Fatal>;

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
    fn decide(&self, fate: &Fate) {
        let before = std::mem::replace(&mut *lock(&self.0), State::Decided(fate.clone()));
        if let State::Open(waiting) = before {
            for then in waiting {
                then(fate.clone());
            }
        }
    }

    fn when_decided(&self, then: impl FnOnce(Fate) + Send + 'static) {
        let mut state = lock(&self.0);
        let fate = match &mut *state {
            State::Open(waiting) => return waiting.push(Box::new(then)),
            State::Decided(fate) => fate.clone(),
        };
        drop(state);
        then(fate);
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

    /// Runs `body` in a group, whose fate is what is promised.
    pub(crate) fn promise(
        &self,
        body: &mut dyn FnMut(&mut dyn Tx) -> Outcome,
    ) -> Result<Promise, StoreError> {
        // Counted before the lock is asked for: whoever sees the count and leaves the group
        // open can rely on somebody coming after.
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let writer = lock(&self.writer);
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        let mut turn = Turn { writer, settled: false, observer: self.observer.as_ref() };

        let group = self.join(&mut turn.writer)?;
        let own = turn.run_member(body);
        let last = self.waiting.load(Ordering::SeqCst) == 0;
        if let Some(fate) = turn.end(last) {
            group.decide(&fate);
        }
        let ask = move |then: Then| {
            group.when_decided(|fate| then(fate.map_err(StoreError::from).and(own)));
        };
        Ok(Promise::Pending(Box::new(ask)))
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

    /// Commits when this member is the last, else leaves the group open for the next. What became
    /// of the group is for the caller to tell, when the next one has its turn.
    fn end(mut self, last: bool) -> Option<Fate> {
        self.settled = true;
        let full = self.writer.open.as_ref().is_some_and(|open| open.members >= MEMBERS);
        if !last && !full {
            return None;
        }
        let committed = self.commit()?;
        if committed.is_err() {
            self.writer.connection = None;
        }
        self.writer.open = None;
        Some(committed.map_err(|error| failure::store_error(&error).into()))
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
            open.group.decide(&Err(error.into()));
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
