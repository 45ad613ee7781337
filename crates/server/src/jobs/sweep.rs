//! Removes what has expired, a batch at each turn, so that no batch holds the write lock for long.

use std::time::Duration;

use keywright_core::error::Error;
use keywright_core::provider::Provider;
use prometheus_client::metrics::counter::Counter;

use super::Next;

pub(super) const EVERY: Duration = Duration::from_secs(60);

/// Rows of each kind that one batch removes.
const BATCH: u32 = 500;

pub(super) fn run(provider: &Provider, swept: &Counter) -> Result<Next, Error> {
    let removed = keywright_core::sweep::batch(provider, BATCH)?;
    swept.inc_by(u64::try_from(removed).unwrap_or(u64::MAX));
    if removed > 0 {
        tracing::debug!("removed {removed} rows that had expired");
    }
    // A batch with fewer rows than the limit of one table met no limit.
    Ok(if removed < BATCH as usize { Next::Rest } else { Next::Again })
}
