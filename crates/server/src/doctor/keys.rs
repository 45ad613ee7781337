//! The signing keys: one that signs for each algorithm, and nothing overdue in their life.

use keywright_core::id::Kid;
use keywright_core::keys::rotate::{self, Policy};
use keywright_core::store::{KeyRow, KeyState};
use keywright_core::time::{Seconds, Timestamp};

use super::Finding;

/// How late a step may be before nobody seems to do it: the job runs more often.
const LATE: Seconds = Seconds::hours(2);

/// The keys that sign.
pub(super) fn signing(rows: &[KeyRow]) -> Vec<Kid> {
    let active = rows.iter().filter(|row| row.state == KeyState::Active);
    active.map(|row| row.kid.clone()).collect()
}

/// What is wrong with them.
pub(super) fn examine(rows: &[KeyRow], policy: &Policy, now: Timestamp) -> Vec<Finding> {
    if rows.is_empty() {
        return vec![Finding::ok("keys", "there are none yet: the first start makes them")];
    }
    let mut findings = Vec::new();
    for algorithm in &policy.algorithms {
        let signs = |row: &&KeyRow| row.algorithm == *algorithm && row.state == KeyState::Active;
        if !rows.iter().any(|row| signs(&row)) {
            let what = format!("no key signs with {algorithm}");
            let todo = "start the server, which makes one, or run `keywright keys rotate`";
            findings.push(Finding::failure("keys", what, todo));
        }
    }
    let overdue = rotate::plan(rows, now.minus(LATE), policy).len();
    if overdue > 0 && findings.is_empty() {
        let what = format!("{overdue} steps in the life of the keys are overdue");
        let todo = "keep a server running: its job rotates the keys; look for errors in its log";
        findings.push(Finding::warning("keys", what, todo));
    }
    if findings.is_empty() {
        findings.push(Finding::ok("keys", summary(rows, now)));
    }
    findings
}

fn summary(rows: &[KeyRow], now: Timestamp) -> String {
    let count = |state| rows.iter().filter(|row| row.state == state).count();
    let active = rows.iter().filter(|row| row.state == KeyState::Active);
    let oldest = active.filter_map(|row| row.activated_at).min().unwrap_or(now);
    format!(
        "{} sign, {} are announced, {} retired; the oldest has signed for {} days",
        count(KeyState::Active),
        count(KeyState::Announced),
        count(KeyState::Retired),
        now.since(oldest).0 / Seconds::days(1).0,
    )
}

#[cfg(test)]
mod tests {
    use keywright_core::keys::algorithm::Algorithm;

    use super::*;
    use crate::doctor::Status;

    const NOW: Timestamp = Timestamp(1_800_000_000);

    fn row(algorithm: Algorithm, state: KeyState, since: Timestamp) -> KeyRow {
        KeyRow {
            kid: Kid::new(format!("{algorithm}-{state:?}")),
            algorithm,
            state,
            public_jwk: "{}".into(),
            sealed_private: None,
            announced_at: since,
            activated_at: (state != KeyState::Announced).then_some(since),
            retired_at: None,
            removed_at: None,
        }
    }

    fn statuses(rows: &[KeyRow]) -> Vec<Status> {
        let policy = Policy { algorithms: vec![Algorithm::RS256], ..Policy::default() };
        examine(rows, &policy, NOW).into_iter().map(|finding| finding.status).collect()
    }

    #[test]
    fn a_key_that_signs_is_well_and_none_is_a_failure() {
        assert_eq!(statuses(&[]), [Status::Ok]);
        let young = NOW.minus(Seconds::days(1));
        assert_eq!(statuses(&[row(Algorithm::RS256, KeyState::Active, young)]), [Status::Ok]);
        assert_eq!(statuses(&[row(Algorithm::RS256, KeyState::Revoked, young)]), [Status::Failure]);
        assert_eq!(statuses(&[row(Algorithm::RS256, KeyState::Announced, NOW)]), [Status::Failure]);
    }

    #[test]
    fn a_key_without_an_announced_successor_is_overdue() {
        let old = NOW.minus(Seconds::days(90));
        assert_eq!(statuses(&[row(Algorithm::RS256, KeyState::Active, old)]), [Status::Warning]);
    }
}
