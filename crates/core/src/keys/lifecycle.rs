//! Carrying out decisions about keys: pairs are made before the lock, rows change under it.
//!
//! Every change of keys takes a lock that the database keeps: a setting that is claimed and
//! removed in the same transaction, so that on PostgreSQL a second replica waits for the first
//! one's commit. Under the lock the rows are read again and the decision is made again; if it
//! came out differently, another replica was first and nothing is written.

use crate::audit::{Event, Kind};
use crate::error::Error;
use crate::id::Kid;
use crate::keys::algorithm::Algorithm;
use crate::keys::generate::{KeyPair, generate};
use crate::keys::ring;
use crate::keys::rotate::{Policy, Step, plan, revocation, successors};
use crate::keys::seal::MasterKey;
use crate::random::Random;
use crate::store::{KeyRow, KeyState, Store, StoreExt as _, Tx};
use crate::time::Timestamp;

const LOCK_SETTING: &str = "key_lifecycle";

/// How often an operator's wish is tried again when another replica was first.
const ATTEMPTS: usize = 5;

/// Everything that a change of keys needs, at one instant.
#[derive(Clone, Copy)]
pub struct Lifecycle<'a> {
    /// The database.
    pub store: &'a dyn Store,
    /// Where nonces come from.
    pub random: &'a dyn Random,
    /// Seals private keys.
    pub master: &'a MasterKey,
    /// How keys live.
    pub policy: &'a Policy,
    /// This instant.
    pub now: Timestamp,
    /// Who changes them, for the audit events: `command line`, `schedule`.
    pub by: &'static str,
}

/// A key row that a step wrote.
#[derive(Debug, Clone)]
pub struct Change {
    /// The row as it is now.
    pub key: KeyRow,
    /// The state it was in; `None` for a new key.
    pub from: Option<KeyState>,
}

impl Lifecycle<'_> {
    /// Does what is due ([`plan`]); false when nothing was, or another replica was first.
    ///
    /// # Errors
    /// [`Error::Store`] when the database fails, [`Error::Internal`] when OpenSSL does.
    pub fn advance(&self) -> Result<bool, Error> {
        let changes = self.attempt(&|keys| Ok(plan(keys, self.now, self.policy)))?;
        Ok(changes.is_some_and(|changes| !changes.is_empty()))
    }

    /// `keys rotate`: announces a successor for each of `algorithms` unless one is announced;
    /// with `immediately`, it signs at once. Returns what changed.
    ///
    /// # Errors
    /// `invalid_request` for an algorithm that is not enabled; [`Error::Store`] and
    /// [`Error::Internal`] as [`Lifecycle::advance`].
    pub fn announce(
        &self,
        algorithms: &[Algorithm],
        immediately: bool,
    ) -> Result<Vec<Change>, Error> {
        self.insist(&|keys| successors(keys, self.policy, algorithms, immediately))
    }

    /// `keys revoke`: a key is never accepted again; if it signed, another one does at once.
    /// Returns what changed.
    ///
    /// # Errors
    /// `invalid_request` for a key that is not ours; [`Error::Store`] and [`Error::Internal`] as
    /// [`Lifecycle::advance`].
    pub fn revoke(&self, kid: &Kid) -> Result<Vec<Change>, Error> {
        self.insist(&|keys| revocation(keys, self.policy, kid))
    }

    fn insist(&self, decide: &Decide<'_>) -> Result<Vec<Change>, Error> {
        for _ in 0..ATTEMPTS {
            if let Some(changes) = self.attempt(decide)? {
                return Ok(changes);
            }
        }
        Err(Error::Internal("the keys kept changing meanwhile: try again".into()))
    }

    /// `None` when another replica was first.
    fn attempt(&self, decide: &Decide<'_>) -> Result<Option<Vec<Change>>, Error> {
        let steps = self.store.read(|tx| decide(&tx.keys()?))?;
        if steps.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let made = self.make(&steps)?;
        self.store.write(|tx| {
            if !tx.claim_setting(LOCK_SETTING, &[])? {
                return Ok(None);
            }
            let keys = tx.keys()?;
            let changes = if decide(&keys)? == steps {
                let changes = changes(&keys, &steps, made, self.now);
                self.write(tx, &changes)?;
                Some(changes)
            } else {
                None
            };
            tx.put_setting(LOCK_SETTING, None)?;
            Ok(changes)
        })
    }

    /// A key for every announcement, in the order of the steps.
    fn make(&self, steps: &[Step]) -> Result<Vec<KeyRow>, Error> {
        let announcements = steps.iter().filter_map(|step| match step {
            Step::Announce { algorithm, .. } => Some(*algorithm),
            _ => None,
        });
        announcements.map(|algorithm| self.row(generate(algorithm)?)).collect()
    }

    fn row(&self, pair: KeyPair) -> Result<KeyRow, Error> {
        Ok(KeyRow {
            sealed_private: Some(ring::seal(&pair, self.random, self.master)?),
            kid: pair.kid,
            algorithm: pair.algorithm,
            state: KeyState::Announced,
            public_jwk: pair.public_jwk,
            announced_at: self.now,
            activated_at: None,
            retired_at: None,
            removed_at: None,
        })
    }
}

impl Lifecycle<'_> {
    fn write(&self, tx: &mut dyn Tx, changes: &[Change]) -> Result<(), Error> {
        for change in changes {
            let Change { key, from } = change;
            match from {
                None => tx.insert_key(key)?,
                Some(from) => {
                    if !tx.claim_key_step(key, *from)? {
                        let detail = format!("key {} changed under the lock", key.kid);
                        return Err(Error::Internal(detail));
                    }
                }
            }
            for kind in change.kinds() {
                let event = Event::new(kind).detail("kid", key.kid.as_str());
                let event = event.detail("algorithm", key.algorithm.as_str());
                event.detail("by", self.by).record_alone(self.random, tx, self.now)?;
            }
        }
        Ok(())
    }
}

impl Change {
    /// What happened, as audit events tell it: a new key that signs at once was announced, too.
    fn kinds(&self) -> Vec<Kind> {
        let kind = match self.key.state {
            KeyState::Announced => Kind::KeyAnnounced,
            KeyState::Active => Kind::KeyActivated,
            KeyState::Retired => Kind::KeyRetired,
            KeyState::Removed => Kind::KeyRemoved,
            KeyState::Revoked => Kind::KeyRevoked,
        };
        match (self.from, kind) {
            (None, Kind::KeyActivated) => vec![Kind::KeyAnnounced, kind],
            _ => vec![kind],
        }
    }
}

type Decide<'a> = dyn Fn(&[KeyRow]) -> Result<Vec<Step>, Error> + 'a;

/// The rows that `steps` write, in an order in which no two keys of an algorithm are active.
/// `made` has a key for every announcement.
pub(super) fn changes(
    keys: &[KeyRow],
    steps: &[Step],
    made: Vec<KeyRow>,
    now: Timestamp,
) -> Vec<Change> {
    let mut made = made.into_iter();
    let mut changes = Vec::new();
    for step in steps {
        match step {
            Step::Announce { active, .. } => {
                let Some(mut key) = made.next() else { continue };
                if *active {
                    changes.extend(retirements(keys, &changes, key.algorithm, now));
                    key.state = KeyState::Active;
                    key.activated_at = Some(now);
                }
                changes.push(Change { key, from: None });
            }
            Step::Activate { kid } => {
                let Some(mut change) = change(keys, kid, KeyState::Active) else {
                    continue;
                };
                changes.extend(retirements(keys, &changes, change.key.algorithm, now));
                change.key.activated_at = Some(now);
                changes.push(change);
            }
            Step::Retire { kid } => {
                changes.extend(change(keys, kid, KeyState::Retired).map(|c| retired(c, now)));
            }
            Step::Remove { kid } => {
                changes.extend(change(keys, kid, KeyState::Removed).map(|c| withdrawn(c, now)));
            }
            Step::Revoke { kid } => {
                changes.extend(change(keys, kid, KeyState::Revoked).map(|c| withdrawn(c, now)));
            }
        }
    }
    changes
}

fn change(keys: &[KeyRow], kid: &Kid, state: KeyState) -> Option<Change> {
    let key = keys.iter().find(|key| key.kid == *kid)?;
    Some(Change { from: Some(key.state), key: KeyRow { state, ..key.clone() } })
}

/// The active keys of `algorithm` that no earlier step has dealt with.
fn retirements(
    keys: &[KeyRow],
    earlier: &[Change],
    algorithm: Algorithm,
    now: Timestamp,
) -> Vec<Change> {
    keys.iter()
        .filter(|key| key.algorithm == algorithm && key.state == KeyState::Active)
        .filter(|key| earlier.iter().all(|change| change.key.kid != key.kid))
        .filter_map(|key| change(keys, &key.kid, KeyState::Retired))
        .map(|change| retired(change, now))
        .collect()
}

fn retired(mut change: Change, now: Timestamp) -> Change {
    change.key.retired_at.get_or_insert(now);
    change
}

fn withdrawn(mut change: Change, now: Timestamp) -> Change {
    if change.from == Some(KeyState::Active) {
        change.key.retired_at.get_or_insert(now);
    }
    change.key.removed_at.get_or_insert(now);
    change.key.sealed_private = None;
    change
}
