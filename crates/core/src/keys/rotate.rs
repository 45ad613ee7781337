//! What is due in the life of the keys: pure decisions over rows, an instant and a policy.
//!
//! announced -> active -> retired -> removed, or revoked. A key is published for the announce
//! window before it signs, and stays published until the last token it signed has expired. How decisions reach the database is [`super::lifecycle`]'s affair.

use crate::error::{Error, ErrorCode};
use crate::id::Kid;
use crate::keys::algorithm::Algorithm;
use crate::keys::lifecycle::Lifecycle;
use crate::keys::seal::MasterKey;
use crate::provider::STALE_AFTER;
use crate::random::Random;
use crate::store::{KeyRow, KeyState, Store};
use crate::time::{Seconds, Timestamp};

/// How keys live.
#[derive(Debug, Clone)]
pub struct Policy {
    /// One key of each is kept active.
    pub algorithms: Vec<Algorithm>,
    /// How long a key is published before it signs: at least the JWKS max-age plus an hour.
    /// Default 24 h.
    pub announce: Seconds,
    /// How long a key signs; its successor is announced so much earlier that it has been
    /// published for the whole window by then. Default 90 days.
    pub active: Seconds,
    /// How long a retired key stays published: the longest lifetime of a token it signed.
    /// Default 1 day.
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

/// Another replica may sign with a key this much after it was retired: its snapshot is that old.
const REPLICA_LAG: Seconds = Seconds(2 * STALE_AFTER.0);

impl Policy {
    /// Every window lasts a second at least, so that no instant sees two steps of one key.
    fn announce_window(&self) -> Seconds {
        self.announce.max(Seconds(1))
    }

    /// When the successor of a key that was activated at `activated` is to be announced.
    fn successor_due(&self, activated: Timestamp) -> Timestamp {
        let announce = self.announce_window();
        activated.plus(self.active).minus(announce).max(activated.plus(Seconds(1)))
    }

    fn is_ripe(&self, announced: Timestamp, now: Timestamp) -> bool {
        now >= announced.plus(self.announce_window())
    }

    fn is_spent(&self, retired: Timestamp, now: Timestamp) -> bool {
        now >= retired.plus(self.retired.max(Seconds::ZERO)).plus(REPLICA_LAG)
    }
}

/// A step in the life of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Make a key and publish it.
    Announce {
        /// For this algorithm.
        algorithm: Algorithm,
        /// Whether it signs at once; the key that did is retired.
        active: bool,
    },
    /// Let an announced key sign; the key that did is retired.
    Activate {
        /// The announced key.
        kid: Kid,
    },
    /// Let a key sign no more.
    Retire {
        /// The active key.
        kid: Kid,
    },
    /// Publish a key no more, and forget its private half.
    Remove {
        /// The retired key, or an announced one whose algorithm is no longer enabled.
        kid: Kid,
    },
    /// Never accept a key again, and forget its private half.
    Revoke {
        /// The key, in whatever state.
        kid: Kid,
    },
}

/// What is due at `now`. Empty once it was done, until time moves on.
pub fn plan(keys: &[KeyRow], now: Timestamp, policy: &Policy) -> Vec<Step> {
    let mut steps = Vec::new();
    for algorithm in Algorithm::ALL {
        if policy.algorithms.contains(algorithm) {
            steps.extend(succession(keys, *algorithm, now, policy));
        } else {
            steps.extend(discontinuation(keys, *algorithm));
        }
    }
    let spent = keys.iter().filter(|key| {
        key.state == KeyState::Retired
            && policy.is_spent(key.retired_at.unwrap_or(key.announced_at), now)
    });
    steps.extend(spent.map(|key| Step::Remove { kid: key.kid.clone() }));
    steps
}

/// What `keys rotate` asks for: a successor for each of `algorithms` unless one is announced;
/// with `immediately`, it signs at once.
///
/// # Errors
/// `invalid_request` for an algorithm that is not enabled.
pub fn successors(
    keys: &[KeyRow],
    policy: &Policy,
    algorithms: &[Algorithm],
    immediately: bool,
) -> Result<Vec<Step>, Error> {
    let mut steps = Vec::new();
    for &algorithm in algorithms {
        if !policy.algorithms.contains(&algorithm) {
            return Err(Error::refused(
                ErrorCode::InvalidRequest,
                format!("{algorithm} is not enabled: add it to keys.algorithms first"),
            ));
        }
        match announced(keys, algorithm) {
            Some(key) if immediately => steps.push(Step::Activate { kid: key.kid.clone() }),
            Some(_) => {}
            None => steps.push(Step::Announce { algorithm, active: immediately }),
        }
    }
    Ok(steps)
}

/// What `keys revoke` asks for. Revoking the active key lets the announced one sign, or makes
/// one that signs at once. Empty when the key is revoked already.
///
/// # Errors
/// `invalid_request` for a key that is not ours.
pub fn revocation(keys: &[KeyRow], policy: &Policy, kid: &Kid) -> Result<Vec<Step>, Error> {
    let Some(key) = keys.iter().find(|key| key.kid == *kid) else {
        return Err(Error::refused(
            ErrorCode::InvalidRequest,
            "no key has this kid: see `keywright keys list`",
        ));
    };
    if key.state == KeyState::Revoked {
        return Ok(Vec::new());
    }
    let mut steps = vec![Step::Revoke { kid: kid.clone() }];
    if key.state == KeyState::Active && policy.algorithms.contains(&key.algorithm) {
        steps.push(match announced(keys, key.algorithm) {
            Some(next) => Step::Activate { kid: next.kid.clone() },
            None => Step::Announce { algorithm: key.algorithm, active: true },
        });
    }
    Ok(steps)
}

/// Does what is due; false when nothing was, or another replica was first.
///
/// # Errors
/// [`Error::Store`] when the database fails, [`Error::Internal`] when OpenSSL does.
pub fn apply(
    store: &dyn Store,
    random: &dyn Random,
    master: &MasterKey,
    policy: &Policy,
    now: Timestamp,
) -> Result<bool, Error> {
    Lifecycle { store, random, master, policy, now, by: "schedule" }.advance()
}

/// One enabled algorithm: first key, successor, change of guard.
fn succession(
    keys: &[KeyRow],
    algorithm: Algorithm,
    now: Timestamp,
    policy: &Policy,
) -> Option<Step> {
    let active = in_state(keys, algorithm, KeyState::Active).next();
    let next = announced(keys, algorithm);
    match (active, next) {
        (None, None) => Some(Step::Announce { algorithm, active: true }),
        (None, Some(next)) => Some(Step::Activate { kid: next.kid.clone() }),
        (Some(_), Some(next)) if policy.is_ripe(next.announced_at, now) => {
            Some(Step::Activate { kid: next.kid.clone() })
        }
        (Some(active), None) => {
            let since = active.activated_at.unwrap_or(active.announced_at);
            (now >= policy.successor_due(since))
                .then_some(Step::Announce { algorithm, active: false })
        }
        (Some(_), Some(_)) => None,
    }
}

/// One algorithm that is no longer enabled: what signs retires, what never signed goes.
fn discontinuation(keys: &[KeyRow], algorithm: Algorithm) -> Vec<Step> {
    let retire = in_state(keys, algorithm, KeyState::Active);
    let remove = in_state(keys, algorithm, KeyState::Announced);
    retire
        .map(|key| Step::Retire { kid: key.kid.clone() })
        .chain(remove.map(|key| Step::Remove { kid: key.kid.clone() }))
        .collect()
}

/// The key that has been announced longest.
fn announced(keys: &[KeyRow], algorithm: Algorithm) -> Option<&KeyRow> {
    in_state(keys, algorithm, KeyState::Announced).min_by_key(|key| (key.announced_at, &key.kid))
}

fn in_state(
    keys: &[KeyRow],
    algorithm: Algorithm,
    state: KeyState,
) -> impl Iterator<Item = &KeyRow> {
    keys.iter().filter(move |key| key.algorithm == algorithm && key.state == state)
}

#[cfg(test)]
mod tests;
