//! stub
use crate::error::Error;
use crate::keys::algorithm::Algorithm;
use crate::keys::seal::MasterKey;
use crate::random::Random;
use crate::store::{KeyRow, Store};
use crate::time::{Seconds, Timestamp};

/// How keys live.
#[derive(Debug, Clone)]
pub struct Policy {
    /// One key of each is kept active.
    pub algorithms: Vec<Algorithm>,
    /// How long a key is published before it signs. Default 24 h.
    pub announce: Seconds,
    /// How long a key signs before its successor is announced. Default 90 days.
    pub active: Seconds,
    /// How long a retired key stays published: the longest lifetime of a token it signed. Default 1 day.
    pub retired: Seconds,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            algorithms: Algorithm::ALL.to_vec(),
            announce: Seconds::hours(24),
            active: Seconds::days(90),
            retired: Seconds::days(1),
        }
    }
}

/// A step in the life of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Make a key and publish it; with `active`, it signs at once.
    Announce {
        /// For this algorithm.
        algorithm: Algorithm,
        /// Whether it signs at once.
        active: bool,
    },
}

/// What is due.
pub fn plan(_keys: &[KeyRow], _now: Timestamp, _policy: &Policy) -> Vec<Step> {
    Vec::new()
}

/// Applies the plan.
pub fn apply(_store: &dyn Store, _random: &dyn Random, _master: &MasterKey, _policy: &Policy, _now: Timestamp) -> Result<bool, Error> {
    Ok(false)
}
