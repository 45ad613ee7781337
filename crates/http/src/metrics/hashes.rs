//! The queue of password hashes.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::DURATIONS;

/// How busy the hashing threads are.
#[derive(Debug, Clone)]
pub(crate) struct Hashes {
    /// Jobs that wait for a thread.
    pub(crate) waiting: Gauge,
    /// Jobs that found the queue full.
    pub(crate) refused: Counter,
    /// How long a thread worked on a job.
    pub(crate) duration: Histogram,
}

impl Default for Hashes {
    fn default() -> Self {
        Self {
            waiting: Gauge::default(),
            refused: Counter::default(),
            duration: Histogram::new(DURATIONS),
        }
    }
}

impl Hashes {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "hash_queue_length",
            "Password hashes that wait for a thread",
            self.waiting.clone(),
        );
        registry.register(
            "hash_queue_refused",
            "Password hashes that were refused because the queue was full",
            self.refused.clone(),
        );
        registry.register(
            "hash_duration_seconds",
            "Time that a thread took for a password hash",
            self.duration.clone(),
        );
    }
}
