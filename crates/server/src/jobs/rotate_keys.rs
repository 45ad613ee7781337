//! Does what is due in the life of the keys.

use std::time::Duration;

use keywright_core::error::Error;
use keywright_core::keys::rotate::Policy;
use keywright_core::provider::Provider;

/// Once a minute, and more often for windows that are shorter than that.
pub(super) fn every(policy: &Policy) -> Duration {
    let shortest = policy.announce.min(policy.active).min(policy.retired);
    Duration::from_secs(shortest.0.unsigned_abs().div_ceil(4).clamp(1, 60))
}

pub(super) fn run(provider: &Provider) -> Result<(), Error> {
    if provider.rotate_keys()? {
        tracing::info!("signing keys changed; `keywright keys list` lists them");
    }
    Ok(())
}
