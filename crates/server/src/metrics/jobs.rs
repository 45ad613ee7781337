//! Background jobs.

use keywright_core::time::Timestamp;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// How their turns went.
#[derive(Debug, Clone, Default)]
pub(crate) struct Jobs {
    turns: Family<Job, Counter>,
    failures: Family<Job, Counter>,
    last_success: Family<Job, Gauge>,
    /// Rows that the sweep removed.
    pub(crate) swept: Counter,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Job {
    job: &'static str,
}

impl Jobs {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register("job_turns", "Turns that a job took", self.turns.clone());
        registry.register("job_failures", "Turns of a job that failed", self.failures.clone());
        registry.register(
            "job_last_success_timestamp_seconds",
            "When a job's turn succeeded last",
            self.last_success.clone(),
        );
        registry.register(
            "sweep_rows",
            "Rows that were removed because they had expired",
            self.swept.clone(),
        );
    }

    /// A job exists: its counters begin at zero.
    pub(crate) fn announce(&self, job: &'static str) {
        self.turns.get_or_create(&Job { job }).inc_by(0);
        self.failures.get_or_create(&Job { job }).inc_by(0);
    }

    /// A turn succeeded.
    pub(crate) fn succeeded(&self, job: &'static str, now: Timestamp) {
        self.turns.get_or_create(&Job { job }).inc();
        self.last_success.get_or_create(&Job { job }).set(now.0);
    }

    /// A turn failed.
    pub(crate) fn failed(&self, job: &'static str) {
        self.turns.get_or_create(&Job { job }).inc();
        self.failures.get_or_create(&Job { job }).inc();
    }
}
