//! Removes what has expired, batch by batch, so that no batch holds the write lock for long.

use std::time::Duration;

use keywright_core::error::Error;
use keywright_core::provider::Provider;

pub(super) const EVERY: Duration = Duration::from_secs(60);

/// Rows of each kind that one batch removes.
const BATCH: u32 = 500;

pub(super) fn run(provider: &Provider) -> Result<(), Error> {
    let mut removed = 0;
    loop {
        let batch = keywright_core::sweep::batch(provider, BATCH)?;
        removed += batch;
        if batch < BATCH as usize {
            break;
        }
    }
    if removed > 0 {
        tracing::debug!("removed {removed} rows that had expired");
    }
    Ok(())
}
