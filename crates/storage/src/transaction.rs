//! A transaction while its body runs. The files beside this one give it its verbs.

use diesel::QueryResult;
use keywright_core::store::{AuditEvent, Outcome, StoreError, Tx};

use crate::db::AnyConnection;
use crate::failure;

/// What verbs run on.
pub(crate) struct Transaction<'c> {
    connection: &'c mut AnyConnection,
    stage: Stage,
    /// What was recorded and is to be told once it is committed.
    pub(crate) events: Vec<AuditEvent>,
}

/// What may still be asked.
enum Stage {
    /// Anything.
    Open,
    /// One question.
    Glance,
    /// Nothing: the question was answered.
    Answered,
    /// Nothing: a statement failed.
    Failed(Failure),
}

/// Why a statement failed.
pub(crate) struct Failure {
    /// What the caller of the store hears.
    pub(crate) error: StoreError,
    /// Whether it was for its connection: another one may answer.
    pub(crate) lost: bool,
}

impl Tx for Transaction<'_> {}

impl Transaction<'_> {
    /// Runs a statement. After one that failed, the transaction can only be rolled back, and
    /// every further statement is refused: PostgreSQL would ignore it, SQLite might run it
    /// outside the transaction. So is a second one of a glance: it might see another snapshot.
    pub(crate) fn run<T>(
        &mut self,
        statement: impl FnOnce(&mut AnyConnection) -> QueryResult<T>,
    ) -> Result<T, StoreError> {
        let refusal = match self.stage {
            Stage::Open | Stage::Glance => None,
            Stage::Answered => Some("a glance is one statement"),
            Stage::Failed(_) => Some("an earlier statement of the transaction failed"),
        };
        if let Some(refusal) = refusal {
            return Err(StoreError::Failed(refusal.into()));
        }
        if matches!(self.stage, Stage::Glance) {
            self.stage = Stage::Answered;
        }
        statement(self.connection).map_err(|error| {
            let lost = failure::is_lost(&error);
            self.stage = Stage::Failed(Failure { error: failure::store_error(&error), lost });
            failure::store_error(&error)
        })
    }

    /// Runs an insert whose key was drawn at random, or belongs to a row that is new itself:
    /// nobody else can have made it.
    pub(crate) fn insert_new(
        &mut self,
        statement: impl FnOnce(&mut AnyConnection) -> QueryResult<usize>,
    ) -> Result<(), StoreError> {
        self.run(statement).map(drop)
    }

    /// Runs an insert or an update so that the transaction survives a value that is taken; `what`
    /// names the thing in [`StoreError::Conflict`].
    pub(crate) fn unless_taken(
        &mut self,
        what: &'static str,
        statement: impl FnOnce(&mut AnyConnection) -> QueryResult<usize>,
    ) -> Result<usize, StoreError> {
        let count = self.run(|connection| match connection.attempt(statement) {
            Ok(count) => Ok(Some(count)),
            Err(error) if failure::is_unique_violation(&error) => Ok(None),
            Err(error) => Err(error),
        })?;
        count.ok_or(StoreError::Conflict(what))
    }

    /// Runs an insert that somebody else may have made first: false then.
    pub(crate) fn claim_insert(
        &mut self,
        statement: impl FnOnce(&mut AnyConnection) -> QueryResult<usize>,
    ) -> Result<bool, StoreError> {
        match self.unless_taken("", statement) {
            Ok(count) => Ok(count == 1),
            Err(StoreError::Conflict(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Updates, or inserts when there was nothing to update, or updates after all when
    /// somebody else inserted in between.
    pub(crate) fn put(
        &mut self,
        update: impl Fn(&mut AnyConnection) -> QueryResult<usize>,
        insert: impl FnOnce(&mut AnyConnection) -> QueryResult<usize>,
    ) -> Result<(), StoreError> {
        if self.run(&update)? == 0 && !self.claim_insert(insert)? {
            self.run(&update)?;
        }
        Ok(())
    }
}

/// How a transaction, or a savepoint in one, ended.
pub(crate) struct Ended {
    /// What the caller of the store hears: the audit events that it kept.
    pub(crate) result: Result<Vec<AuditEvent>, StoreError>,
    /// A statement failed; what the body wrote is rolled back.
    pub(crate) statement_failed: bool,
    /// The end itself failed: the state of the connection is unknown.
    pub(crate) connection_lost: bool,
}

/// Runs `body` in the innermost transaction or savepoint of `connection` and ends that.
pub(crate) fn run(
    connection: &mut AnyConnection,
    body: &mut dyn FnMut(&mut dyn Tx) -> Outcome,
) -> Ended {
    let mut transaction = Transaction { connection, stage: Stage::Open, events: Vec::new() };
    let outcome = body(&mut transaction);
    let Transaction { connection, stage, events } = transaction;
    let (failed, ended) = match (stage, outcome) {
        (Stage::Failed(failure), _) => (Some(failure.error), connection.rollback()),
        (_, Outcome::Rollback) => (None, connection.rollback()),
        (_, Outcome::Commit) => (None, connection.commit()),
    };
    let (statement_failed, connection_lost) = (failed.is_some(), ended.is_err());
    let result = match (failed, outcome, ended) {
        (Some(error), ..) => Err(error),
        // A rollback that fails has kept nothing either.
        (None, Outcome::Rollback, _) => Ok(Vec::new()),
        (None, Outcome::Commit, Ok(())) => Ok(events),
        (None, Outcome::Commit, Err(error)) => Err(failure::store_error(&error)),
    };
    Ended { result, statement_failed, connection_lost }
}

/// Runs `body`, which asks one question, on a `connection` outside of transactions.
pub(crate) fn glance(
    connection: &mut AnyConnection,
    body: &mut dyn FnMut(&mut dyn Tx) -> Outcome,
) -> Result<(), Failure> {
    let mut transaction = Transaction { connection, stage: Stage::Glance, events: Vec::new() };
    body(&mut transaction);
    match transaction.stage {
        Stage::Failed(failure) => Err(failure),
        Stage::Open | Stage::Glance | Stage::Answered => Ok(()),
    }
}
