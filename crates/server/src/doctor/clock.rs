//! Whether this machine knows what time it is: lifetimes and dates in tokens depend on it.

use keywright_core::time::Timestamp;

use super::Finding;

/// 2026-01-01: no build of this binary is older.
const BUILT_AFTER: Timestamp = Timestamp(1_767_225_600);

/// Seconds by which two clocks may differ: verifiers commonly allow a minute.
const TOLERABLE: u64 = 60;

/// A clock that was reset or never set.
pub(super) fn examine(now: Timestamp) -> Option<Finding> {
    (now < BUILT_AFTER).then(|| {
        let what = format!("the clock says {} seconds since 1970, which is long ago", now.0);
        Finding::failure("clock", what, "set it, and keep it set with NTP (chrony, timesyncd)")
    })
}

/// Another machine's clock against this one.
pub(super) fn compare(whose: &str, theirs: i64, now: Timestamp) -> Finding {
    let apart = theirs.abs_diff(now.0);
    if apart <= TOLERABLE {
        return Finding::ok("clock", format!("agrees with that of {whose}"));
    }
    let what = format!("differs by {apart} s from that of {whose}");
    Finding::warning("clock", what, "let both machines follow NTP (chrony, timesyncd)")
}
