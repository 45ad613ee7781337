//! Removing what has expired, in batches small enough to hold no lock for long, and not on the word of
//! a clock that has just jumped: what is removed does not come back when the clock is right again.

use crate::error::Error;
use crate::provider::Provider;
use crate::store::{StoreError, StoreExt as _, Tx};
use crate::time::{Seconds, Timestamp};

/// How long audit events are kept.
pub const AUDIT: Seconds = Seconds::days(90);

/// Between two turns no more time should pass; if more has passed, either nobody was there or the
/// clock jumped.
const STRIDE: Seconds = Seconds::minutes(10);

/// How long nothing is removed then. Somebody will have noticed a wrong clock.
const REST: Seconds = Seconds::hours(1);

/// The setting in which a turn leaves when it was, and until when nothing is removed: two numbers.
const SETTING: &str = "sweep";

/// Removes at most `limit` rows of each kind; how many went. Spent codes stay for as long as a
/// token may live that they were redeemed for, so that a replay still ends it.
///
/// # Errors
/// [`Error::Store`] when the database fails.
pub fn batch(provider: &Provider, limit: u32) -> Result<usize, Error> {
    let now = provider.now();
    let spent = now.minus(provider.settings.keys.retired);
    provider.store.write(|tx| {
        if !is_steady(tx, now)? {
            return Ok(0);
        }
        Ok(tx.sweep(now, spent, now.minus(AUDIT), limit)?)
    })
}

/// Whether the clock has gone on as it should, for long enough.
fn is_steady(tx: &mut dyn Tx, now: Timestamp) -> Result<bool, StoreError> {
    let stored = tx.find_setting(SETTING)?;
    let Some((last, until)) = stored.as_deref().and_then(read) else {
        put(tx, now, now)?;
        return Ok(true);
    };
    let passed = now.since(last).0.saturating_abs();
    if passed > STRIDE.0 {
        tracing::warn!(
            seconds = now.since(last).0,
            "so much time has passed since the last sweep; in case the clock is wrong, nothing is \
             removed for an hour"
        );
        put(tx, now, now.plus(REST))?;
        return Ok(false);
    }
    if passed > STRIDE.0 / 2 {
        put(tx, now, until)?;
    }
    Ok(now >= until)
}

fn read(stored: &[u8]) -> Option<(Timestamp, Timestamp)> {
    let (last, until) = std::str::from_utf8(stored).ok()?.split_once(' ')?;
    Some((Timestamp(last.parse().ok()?), Timestamp(until.parse().ok()?)))
}

fn put(tx: &mut dyn Tx, last: Timestamp, until: Timestamp) -> Result<(), StoreError> {
    tx.put_setting(SETTING, Some(format!("{} {}", last.0, until.0).as_bytes()))
}
