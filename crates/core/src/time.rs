//! Instants and spans, both in whole seconds. `now` is a value that a request reads once. Only what is
//! put in the order in which it was made looks closer.

use serde::{Deserialize, Serialize};

/// An instant: seconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

/// A span of time in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seconds(pub i64);

impl Seconds {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// `n` minutes.
    pub const fn minutes(n: i64) -> Self {
        Self(n * 60)
    }

    /// `n` hours.
    pub const fn hours(n: i64) -> Self {
        Self(n * 3600)
    }

    /// `n` days.
    pub const fn days(n: i64) -> Self {
        Self(n * 86_400)
    }
}

impl Timestamp {
    /// This instant moved forward by `span`; saturates.
    #[must_use]
    pub const fn plus(self, span: Seconds) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// This instant moved back by `span`; saturates.
    #[must_use]
    pub const fn minus(self, span: Seconds) -> Self {
        Self(self.0.saturating_sub(span.0))
    }

    /// How much time passed from `earlier` to this instant; negative when `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Seconds {
        Seconds(self.0.saturating_sub(earlier.0))
    }
}

/// An instant: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Millis(pub i64);

impl From<Timestamp> for Millis {
    /// The beginning of a second; saturates.
    fn from(second: Timestamp) -> Self {
        Self(second.0.saturating_mul(1000))
    }
}

/// Where `now` comes from: the system in the binary, a frozen value in tests.
pub trait Clock: Send + Sync {
    /// The current instant, more closely than anything is decided by.
    fn millis(&self) -> Millis;

    /// The current instant.
    fn now(&self) -> Timestamp {
        Timestamp(self.millis().0.div_euclid(1000))
    }
}
