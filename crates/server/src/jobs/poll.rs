//! Notices what another process (a replica, the command line) changed.

use std::time::Duration;

use keywright_core::error::Error;
use keywright_core::provider::Provider;

/// The bound within which a change is seen everywhere.
pub(super) const EVERY: Duration = Duration::from_secs(1);

pub(super) fn run(provider: &Provider) -> Result<(), Error> {
    provider.poll()
}
