//! Removing what has expired, in batches small enough to hold no lock for long.

use crate::error::Error;
use crate::provider::Provider;
use crate::store::StoreExt as _;
use crate::time::Seconds;

/// How long audit events are kept.
pub const AUDIT: Seconds = Seconds::days(90);

/// Removes at most `limit` rows of each kind; how many went. Spent codes stay for as long as a
/// token may live that they were redeemed for, so that a replay still ends it.
///
/// # Errors
/// [`Error::Store`] when the database fails.
pub fn batch(provider: &Provider, limit: u32) -> Result<usize, Error> {
    let now = provider.now();
    let spent = now.minus(provider.settings.keys.retired);
    provider.store.write(|tx| Ok(tx.sweep(now, spent, now.minus(AUDIT), limit)?))
}
