//! Connections of the public listener.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// How many connections there are, and what became of slow ones.
#[derive(Debug, Clone, Default)]
pub(crate) struct Connections {
    /// Those that are open, once they agreed on TLS.
    pub(crate) open: Gauge,
    /// How many may be.
    pub(crate) limit: Gauge,
    /// Those that were closed because the client was too slow.
    pub(crate) slow: Counter,
}

impl Connections {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register("http_connections", "Connections that are open", self.open.clone());
        registry.register(
            "http_connections_limit",
            "How many connections may be open at once",
            self.limit.clone(),
        );
        registry.register(
            "http_connections_slow",
            "Connections that were closed because the client was too slow",
            self.slow.clone(),
        );
    }
}
