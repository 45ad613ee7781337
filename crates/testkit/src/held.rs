//! A store whose commits become known when a test says so.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use keywright_core::store::{Known, Mode, Outcome, Promise, Store, StoreError, Then, Tx};

/// No test waits for longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// A [`Store`] around another one, which really commits. Until it is told to hold, it says so.
#[derive(Clone)]
pub struct Held(Arc<Inner>);

struct Inner {
    store: Arc<dyn Store>,
    state: Arc<(Mutex<State>, Condvar)>,
}

#[derive(Default)]
struct State {
    holds: bool,
    waiting: VecDeque<(Then, Known)>,
}

impl Held {
    /// Around `store`.
    pub fn around(store: Arc<dyn Store>) -> Self {
        Self(Arc::new(Inner { store, state: Arc::default() }))
    }

    /// From now on whoever commits has to wait.
    pub fn hold(&self) {
        self.state().holds = true;
    }

    /// Whether somebody waits.
    pub fn is_awaited(&self) -> bool {
        !self.state().waiting.is_empty()
    }

    /// Returns when somebody waits.
    ///
    /// # Panics
    /// After a minute.
    pub fn await_one(&self) {
        let changed = &self.0.state.1;
        let waited =
            changed.wait_timeout_while(self.state(), PATIENCE, |state| state.waiting.is_empty());
        let (_state, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        assert!(!waited.timed_out(), "nobody waits for a commit");
    }

    /// The first of those who wait hears that its commit is durable.
    pub fn keep(&self) {
        let (then, known) = self.take();
        then(known);
    }

    /// The first of those who wait hears that its commit failed.
    pub fn fail(&self) {
        let (then, _) = self.take();
        then(Err(StoreError::Unavailable("on purpose, at a commit".into())));
    }

    fn take(&self) -> (Then, Known) {
        self.state().waiting.pop_front().expect("somebody waits")
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.0.state.0)
    }
}

impl Store for Held {
    fn promise(
        &self,
        mode: Mode,
        body: &mut dyn FnMut(&mut dyn Tx) -> Outcome,
    ) -> Result<Promise, StoreError> {
        let known = self.0.store.promise(mode, body)?.wait();
        if mode != Mode::Write || !self.state().holds {
            return known.map(Promise::Kept);
        }
        let state = Arc::clone(&self.0.state);
        Ok(Promise::Pending(Box::new(move |then| {
            lock(&state.0).waiting.push_back((then, known));
            state.1.notify_all();
        })))
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
