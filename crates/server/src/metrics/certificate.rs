//! The certificate of the public listener.

use std::fmt;
use std::sync::Arc;

use keywright_http::ServerCertificate;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;

/// When it expires.
#[derive(Debug)]
pub(super) struct Expiry(pub(super) Arc<ServerCertificate>);

impl Collector for Expiry {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let name = "tls_certificate_expiry_timestamp_seconds";
        let help = "When the certificate in use expires";
        let metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
        ConstGauge::new(self.0.expires().0).encode(metric)
    }
}
