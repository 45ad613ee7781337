//! The pool of database connections.

use std::fmt;
use std::sync::Arc;

use keywright_storage::Database;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;

/// Looks at the pool of this database.
#[derive(Debug)]
pub(super) struct Pool(pub(super) Arc<Database>);

impl Collector for Pool {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let pool = self.0.pool();
        for (name, help, value) in [
            ("pool_connections", "Database connections that are open", pool.open),
            ("pool_connections_idle", "Open database connections that nobody uses", pool.idle),
            ("pool_connections_limit", "How many database connections there may be", pool.limit),
        ] {
            let metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            ConstGauge::new(value).encode(metric)?;
        }
        Ok(())
    }
}
