//! How long to wait after how many failures: a pure function of a counter and the time.
//!
//! A counter is a bucket that leaks. `expires_at` is when it will be empty, so that no fraction of
//! the leak is lost however often the counter moves; what is in it now is
//! `ceil((expires_at - now) / leak)`. Up to `free` failures cost nothing; then an attempt must
//! wait after the one before it, twice as long with each failure more, up to `longest`.

use crate::store::ThrottleRow;
use crate::time::{Seconds, Timestamp};

/// The rule of one kind of counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ladder {
    /// Failures that cost nothing. 0 turns the counter off.
    pub free: u32,
    /// The first wait.
    pub first: Seconds,
    /// No wait is longer.
    pub longest: Seconds,
    /// How long it takes to forget `free` failures.
    pub memory: Seconds,
}

impl Ladder {
    /// Whether anything is counted.
    pub fn is_on(&self) -> bool {
        self.free > 0
    }

    /// How long it takes to forget one failure.
    pub fn leak(&self) -> Seconds {
        Seconds((self.memory.0 / i64::from(self.free.max(1))).max(1))
    }

    /// Failures that are not forgotten yet.
    pub fn level(&self, row: Option<&ThrottleRow>, now: Timestamp) -> i64 {
        let Some(row) = row else { return 0 };
        let left = row.expires_at.since(now).0.max(0);
        let leak = self.leak().0;
        left / leak + i64::from(left % leak != 0)
    }

    /// How long until another attempt is looked at; zero for at once. A clock that went backwards
    /// (another replica's was ahead) costs one wait at most.
    pub fn wait(&self, row: Option<&ThrottleRow>, now: Timestamp) -> Seconds {
        let over = self.level(row, now) - i64::from(self.free);
        let Some(row) = row.filter(|_| self.is_on() && over >= 0) else { return Seconds::ZERO };
        let step = self.step(over);
        Seconds(row.last_at.plus(step).since(now).0.clamp(0, step.0))
    }

    /// The counter after one attempt more.
    pub fn raised(&self, key: &str, row: Option<&ThrottleRow>, now: Timestamp) -> ThrottleRow {
        let empty_at = row.map_or(now, |row| row.expires_at.max(now));
        let expires_at = empty_at.plus(self.leak());
        let failures = self.level(row, now) + 1;
        ThrottleRow { key: key.to_owned(), failures, last_at: now, expires_at }
    }

    fn step(&self, over: i64) -> Seconds {
        let doublings = u32::try_from(over).unwrap_or(u32::MAX).min(40);
        Seconds(self.first.0.saturating_mul(1 << doublings).min(self.longest.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LADDER: Ladder =
        Ladder { free: 3, first: Seconds(2), longest: Seconds(60), memory: Seconds(300) };
    const START: Timestamp = Timestamp(1_000_000);

    /// Raises the counter as soon as it may be raised; the waits.
    fn waits(ladder: &Ladder, attempts: usize) -> Vec<i64> {
        let (mut row, mut now) = (None, START);
        (0..attempts)
            .map(|_| {
                let wait = ladder.wait(row.as_ref(), now);
                now = now.plus(wait);
                assert_eq!(ladder.wait(row.as_ref(), now), Seconds::ZERO);
                row = Some(ladder.raised("k", row.as_ref(), now));
                wait.0
            })
            .collect()
    }

    #[test]
    fn a_few_attempts_are_free_and_then_the_wait_doubles_up_to_a_bound() {
        assert_eq!(waits(&LADDER, 10), [0, 0, 0, 2, 4, 8, 16, 32, 60, 60]);
    }

    #[test]
    fn failures_are_forgotten_one_by_one() {
        let mut row = None;
        for _ in 0..3 {
            row = Some(LADDER.raised("k", row.as_ref(), START));
        }
        let level = |after| LADDER.level(row.as_ref(), START.plus(Seconds(after)));
        assert_eq!([0, 99, 100, 200, 299, 300, 9000].map(level), [3, 3, 2, 1, 1, 0, 0]);
        assert_eq!(LADDER.wait(row.as_ref(), START), Seconds(2));
        assert_eq!(LADDER.wait(row.as_ref(), START.plus(Seconds(100))), Seconds::ZERO);
    }

    #[test]
    fn no_free_failures_means_that_nothing_is_counted() {
        let off = Ladder { free: 0, ..LADDER };
        let row = LADDER.raised("k", None, START);
        assert!(!off.is_on());
        assert_eq!(off.wait(Some(&row), START), Seconds::ZERO);
    }

    #[test]
    fn a_clock_that_went_back_costs_one_wait_at_most() {
        let mut row = None;
        for _ in 0..4 {
            row = Some(LADDER.raised("k", row.as_ref(), START));
        }
        assert_eq!(LADDER.wait(row.as_ref(), START.minus(Seconds::days(1))), LADDER.longest);
    }

    proptest! {
        #[test]
        fn a_steady_stream_never_gets_more_than_the_free_attempts_and_the_leak(
            gaps in prop::collection::vec(0_i64..200, 1..200),
        ) {
            let (mut row, mut now, mut passed) = (None, START, 0);
            for gap in gaps {
                now = now.plus(Seconds(gap));
                let wait = LADDER.wait(row.as_ref(), now);
                prop_assert!(wait >= Seconds::ZERO && wait <= LADDER.longest);
                if wait == Seconds::ZERO {
                    row = Some(LADDER.raised("k", row.as_ref(), now));
                    passed += 1;
                }
            }
            let elapsed = now.since(START).0;
            // Beyond the free ones: what leaked, and what a wait of 60 s each lets through.
            prop_assert!(passed <= 3 + elapsed / LADDER.leak().0 + 6 + elapsed / 60);
        }
    }
}
