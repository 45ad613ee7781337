//! A store whose database fails when a test says so: at the beginning of a transaction, at any of
//! its verbs, at its commit, or just after it.
//!
//! It fails as a database does: after the step that failed, the transaction can only be rolled
//! back.

mod verbs;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use keywright_core::store::{Mode, Outcome, Promise, Store, StoreError, Tx};

/// A [`Store`] around another one.
pub struct Faulty {
    store: Arc<dyn Store>,
    plan: Mutex<Plan>,
}

/// What shall fail, and what did.
#[derive(Default)]
struct Plan {
    /// How many more steps succeed, and how the one after them fails.
    fault: Option<(usize, Fault)>,
    /// The step that failed.
    met: Option<&'static str>,
    loses_commit: bool,
}

/// How a step fails: a variant of [`StoreError`] that has a text.
pub type Fault = fn(String) -> StoreError;

impl Faulty {
    /// Around `store`; nothing fails yet.
    pub fn around(store: Arc<dyn Store>) -> Arc<Self> {
        Arc::new(Self { store, plan: Mutex::default() })
    }

    /// From now on `steps` steps succeed and the next one fails, once. A step is the beginning of
    /// a transaction or a glance, a verb, or a commit.
    pub fn fail_after(&self, steps: usize, fault: Fault) {
        *self.plan() = Plan { fault: Some((steps, fault)), ..Plan::default() };
    }

    /// The next commit is kept, but whoever asked for it hears that it failed.
    pub fn lose_next_commit(&self) {
        *self.plan() = Plan { loses_commit: true, ..Plan::default() };
    }

    /// Fails no more; which step failed, if one did.
    pub fn heal(&self) -> Option<&'static str> {
        std::mem::take(&mut *self.plan()).met
    }

    fn step(&self, name: &'static str) -> Result<(), StoreError> {
        let mut plan = self.plan();
        match &mut plan.fault {
            Some((0, fault)) => {
                let error = fault(format!("on purpose, at {name}"));
                *plan = Plan { met: Some(name), ..Plan::default() };
                Err(error)
            }
            Some((steps, _)) => {
                *steps -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn lose_commit(&self) -> Result<(), StoreError> {
        let mut plan = self.plan();
        if !plan.loses_commit {
            return Ok(());
        }
        *plan = Plan { met: Some("the answer to a commit"), ..Plan::default() };
        Err(StoreError::Unavailable("on purpose, after a commit".into()))
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for Faulty {
    fn promise(
        &self,
        mode: Mode,
        body: &mut dyn FnMut(&mut dyn Tx) -> Outcome,
    ) -> Result<Promise, StoreError> {
        self.step("the beginning of a transaction")?;
        let mut failed = Ok(());
        let mut committed = false;
        let ended = self.store.promise(mode, &mut |tx| {
            let mut faulty = FaultyTx { tx, store: self, broken: false };
            let outcome = body(&mut faulty);
            if outcome == Outcome::Rollback {
                return Outcome::Rollback;
            }
            failed = faulty.step("a commit");
            committed = failed.is_ok();
            if committed { Outcome::Commit } else { Outcome::Rollback }
        })?;
        let events = ended.wait()?;
        failed?;
        if committed && mode == Mode::Write {
            self.lose_commit()?;
        }
        Ok(Promise::Kept(events))
    }
}

/// A transaction of a [`Faulty`] store.
struct FaultyTx<'a> {
    tx: &'a mut dyn Tx,
    store: &'a Faulty,
    broken: bool,
}

impl FaultyTx<'_> {
    fn step(&mut self, name: &'static str) -> Result<(), StoreError> {
        if self.broken {
            let text = "an earlier statement of the transaction failed";
            return Err(StoreError::Failed(text.into()));
        }
        let done = self.store.step(name);
        self.broken = done.is_err();
        done
    }
}
