//! Transactions: how long they take, how they fail, and the audit events that they keep.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use keywright_core::audit::Kind;
use keywright_core::store::{Known, Mode, Outcome, Promise, Store, StoreError, Tx};
use keywright_storage::Database;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::DURATIONS;

/// What transactions of either mode did.
#[derive(Debug, Clone)]
pub(super) struct Transactions {
    durations: Family<Which, Histogram, fn() -> Histogram>,
    failures: Family<Failed, Counter>,
    events: Family<Happened, Counter>,
    /// The same counters by the name that an event has, looked up without a lock.
    by_kind: Arc<HashMap<&'static str, Counter>>,
    reads: Histogram,
    writes: Histogram,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Which {
    mode: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Failed {
    failure: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Happened {
    kind: &'static str,
}

impl Default for Transactions {
    /// Every kind of event begins at zero, so that a rate sees the first of it.
    fn default() -> Self {
        let constructor: fn() -> Histogram = || Histogram::new(DURATIONS);
        let durations = Family::new_with_constructor(constructor);
        let failures = Family::<Failed, Counter>::default();
        for failure in ["unavailable", "failed"] {
            failures.get_or_create(&Failed { failure }).inc_by(0);
        }
        let events = Family::<Happened, Counter>::default();
        let counter = |kind: &Kind| {
            let kind = kind.as_str();
            (kind, events.get_or_create_owned(&Happened { kind }))
        };
        let by_kind = Arc::new(Kind::ALL.iter().map(counter).collect());
        let (reads, writes) = (
            durations.get_or_create_owned(&Which { mode: "read" }),
            durations.get_or_create_owned(&Which { mode: "write" }),
        );
        Self { durations, failures, events, by_kind, reads, writes }
    }
}

impl Transactions {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "transaction_duration_seconds",
            "Time that a database transaction took, waiting included",
            self.durations.clone(),
        );
        registry.register(
            "transaction_failures",
            "Database transactions that failed",
            self.failures.clone(),
        );
        registry.register("events", "Audit events that were committed", self.events.clone());
    }

    fn observe(&self, mode: Mode, began: Instant, known: &Known) {
        let durations = match mode {
            Mode::Glance | Mode::Read => &self.reads,
            Mode::Write => &self.writes,
        };
        durations.observe(began.elapsed().as_secs_f64());
        match known {
            Ok(kept) => {
                for event in kept {
                    self.by_kind.get(event.kind.as_str()).map(Counter::inc);
                }
            }
            Err(error) => {
                let failure = name_of(error);
                self.failures.get_or_create(&Failed { failure }).inc();
            }
        }
    }
}

fn name_of(error: &StoreError) -> &'static str {
    match error {
        StoreError::Unavailable(_) => "unavailable",
        _ => "failed",
    }
}

/// A database whose transactions are measured.
pub(super) struct Measured {
    database: Arc<Database>,
    metrics: Transactions,
}

impl Measured {
    pub(super) fn new(database: Arc<Database>, metrics: Transactions) -> Self {
        Self { database, metrics }
    }
}

impl Store for Measured {
    #[expect(clippy::disallowed_methods, reason = "telemetry measures; nothing is decided by it")]
    fn promise(
        &self,
        mode: Mode,
        body: &mut dyn FnMut(&mut dyn Tx) -> Outcome,
    ) -> Result<Promise, StoreError> {
        let began = Instant::now();
        let known = match self.database.promise(mode, body) {
            Ok(Promise::Kept(events)) => Ok(events),
            Err(error) => Err(error),
            Ok(pending) => {
                let metrics = self.metrics.clone();
                return Ok(pending.watched(move |known| metrics.observe(mode, began, known)));
            }
        };
        self.metrics.observe(mode, began, &known);
        known.map(Promise::Kept)
    }
}
