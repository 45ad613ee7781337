//! Requests at the database, before it, and turned away from it.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// How busy the way to the database is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hops {
    /// Threads at work for requests.
    pub(crate) busy: Gauge,
    /// Requests that wait for one.
    pub(crate) waiting: Gauge,
    /// Requests that got none in time.
    pub(crate) refused: Counter,
    /// How many such threads there are.
    pub(crate) limit: Gauge,
}

impl Hops {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register("hops_busy", "Requests that are at the database", self.busy.clone());
        registry.register(
            "hops_waiting",
            "Requests that wait for their turn at the database",
            self.waiting.clone(),
        );
        registry.register(
            "hops_refused",
            "Requests that were answered 503 because their turn did not come in time",
            self.refused.clone(),
        );
        registry.register(
            "hops_limit",
            "How many requests may be at the database at once",
            self.limit.clone(),
        );
    }
}
