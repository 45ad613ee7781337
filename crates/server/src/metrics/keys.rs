//! Signing keys, and how old the snapshot is that they are read from.

use std::fmt;

use keywright_core::keys::algorithm::Algorithm;
use keywright_core::keys::ring::Life;
use keywright_core::provider::Provider;
use keywright_core::store::KeyState;
use keywright_core::time::Timestamp;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;

/// Looks at the snapshot that was loaded last, however old.
pub(super) struct Keys(pub(super) Provider);

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys")
    }
}

impl Collector for Keys {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let (snapshot, age) = self.0.last_snapshot();
        let help = "How long ago the database confirmed keys and resources";
        let name = "snapshot_age_seconds";
        let metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
        ConstGauge::new(age.0).encode(metric)?;
        let lives = snapshot.keys.lives();
        count(&mut encoder, self.0.algorithms(), lives)?;
        age_of_active(&mut encoder, lives, self.0.now())
    }
}

/// Every state of every enabled algorithm, so that a key that is missing is a zero.
fn count(
    encoder: &mut DescriptorEncoder<'_>,
    algorithms: &[Algorithm],
    lives: &[Life],
) -> fmt::Result {
    let help = "Signing keys, by algorithm and state";
    let mut metric = encoder.encode_descriptor("keys", help, None, MetricType::Gauge)?;
    for algorithm in algorithms {
        for state in KeyState::ALL {
            let here = lives.iter().filter(|l| l.algorithm == *algorithm && l.state == *state);
            let labels = [("algorithm", algorithm.as_str()), ("state", state.as_str())];
            let count = i64::try_from(here.count()).unwrap_or(i64::MAX);
            ConstGauge::new(count).encode(metric.encode_family(&labels)?)?;
        }
    }
    Ok(())
}

fn age_of_active(
    encoder: &mut DescriptorEncoder<'_>,
    lives: &[Life],
    now: Timestamp,
) -> fmt::Result {
    let name = "active_key_age_seconds";
    let help = "How long the key that signs has been signing";
    let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
    for life in lives.iter().filter(|life| life.state == KeyState::Active) {
        let labels = [("algorithm", life.algorithm.as_str())];
        ConstGauge::new(now.since(life.since).0).encode(metric.encode_family(&labels)?)?;
    }
    Ok(())
}
