use std::collections::HashSet;

use proptest::prelude::*;

use super::*;
use crate::keys::lifecycle::{Change, changes};

const START: Timestamp = Timestamp(1_000_000);

/// Rows, an instant and a policy: a database of keys without a database.
#[derive(Debug, Clone)]
struct Model {
    keys: Vec<KeyRow>,
    now: Timestamp,
    policy: Policy,
    made: usize,
}

impl Model {
    fn new(policy: Policy) -> Self {
        Self { keys: Vec::new(), now: START, policy, made: 0 }
    }

    fn plan(&self) -> Vec<Step> {
        plan(&self.keys, self.now, &self.policy)
    }

    fn apply(&mut self, steps: &[Step]) -> Vec<Change> {
        let made = steps.iter().filter_map(|step| match step {
            Step::Announce { algorithm, .. } => Some(*algorithm),
            _ => None,
        });
        let made: Vec<_> = made
            .map(|algorithm| {
                self.made += 1;
                key(&format!("kid-{}", self.made), algorithm, self.now)
            })
            .collect();
        let changes = changes(&self.keys, steps, made, self.now);
        for change in &changes {
            match change.from {
                None => self.keys.push(change.key.clone()),
                Some(from) => {
                    let row = self.keys.iter_mut().find(|k| k.kid == change.key.kid).unwrap();
                    assert_eq!(row.state, from);
                    *row = change.key.clone();
                }
            }
            self.check_active();
        }
        changes
    }

    fn tick(&mut self, by: Seconds) -> Vec<Step> {
        self.now = self.now.plus(by);
        let steps = self.plan();
        self.apply(&steps);
        steps
    }

    fn active(&self, algorithm: Algorithm) -> Option<&KeyRow> {
        in_state(&self.keys, algorithm, KeyState::Active).next()
    }

    fn check_active(&self) {
        for &algorithm in Algorithm::ALL {
            let active = in_state(&self.keys, algorithm, KeyState::Active).count();
            assert!(active <= 1, "{active} active keys of {algorithm}: {self:#?}");
        }
    }

    /// What must hold of `steps` before they are applied.
    fn check_steps(&self, steps: &[Step]) {
        for step in steps {
            match step {
                Step::Announce { algorithm, active: true } => {
                    assert!(self.active(*algorithm).is_none(), "a key replaced unannounced");
                }
                Step::Activate { kid } => {
                    let key = self.find(kid);
                    assert!(
                        self.now.since(key.announced_at) >= self.policy.announce
                            || self.active(key.algorithm).is_none(),
                        "{kid} signs before it was published long enough"
                    );
                }
                Step::Remove { kid } => {
                    let key = self.find(kid);
                    match key.retired_at {
                        Some(at) => assert!(self.now.since(at) >= self.policy.retired),
                        None => assert!(!self.policy.algorithms.contains(&key.algorithm)),
                    }
                }
                Step::Retire { kid } => {
                    assert!(!self.policy.algorithms.contains(&self.find(kid).algorithm));
                }
                Step::Announce { active: false, .. } => {}
                Step::Revoke { .. } => panic!("a plan revokes nothing"),
            }
        }
    }

    /// What must hold once everything due was done.
    fn check_rest(&self) {
        assert_eq!(self.plan(), [], "the plan is not idempotent");
        for &algorithm in Algorithm::ALL {
            let enabled = self.policy.algorithms.contains(&algorithm);
            assert_eq!(self.active(algorithm).is_some(), enabled);
            assert!(in_state(&self.keys, algorithm, KeyState::Announced).count() <= 1);
        }
        for key in &self.keys {
            let withdrawn = matches!(key.state, KeyState::Removed | KeyState::Revoked);
            assert_eq!(key.sealed_private.is_none(), withdrawn, "{key:?}");
            assert_eq!(key.removed_at.is_some(), withdrawn, "{key:?}");
        }
        let kids: HashSet<_> = self.keys.iter().map(|key| &key.kid).collect();
        assert_eq!(kids.len(), self.keys.len(), "a kid was used twice");
    }

    fn find(&self, kid: &Kid) -> &KeyRow {
        self.keys.iter().find(|key| key.kid == *kid).unwrap()
    }
}

fn key(kid: &str, algorithm: Algorithm, now: Timestamp) -> KeyRow {
    KeyRow {
        kid: Kid::new(kid),
        algorithm,
        state: KeyState::Announced,
        public_jwk: String::new(),
        sealed_private: Some(Vec::new()),
        announced_at: now,
        activated_at: None,
        retired_at: None,
        removed_at: None,
    }
}

fn only(algorithm: Algorithm) -> Policy {
    Policy { algorithms: vec![algorithm], ..Policy::default() }
}

#[test]
fn on_an_empty_database_one_key_of_each_enabled_algorithm_signs_at_once() {
    let mut model = Model::new(Policy::default());
    model.tick(Seconds::ZERO);
    assert_eq!(model.keys.len(), Algorithm::ALL.len());
    model.check_rest();
}

#[test]
fn an_algorithm_enabled_later_signs_at_once_next_to_the_others() {
    let mut model = Model::new(only(Algorithm::RS256));
    model.tick(Seconds::ZERO);
    model.policy.algorithms.push(Algorithm::EdDSA);
    let steps = model.tick(Seconds(1));
    assert_eq!(steps, [Step::Announce { algorithm: Algorithm::EdDSA, active: true }]);
}

#[test]
fn a_key_is_announced_activated_retired_and_removed_on_its_days() {
    let mut model = Model::new(only(Algorithm::RS256));
    model.tick(Seconds::ZERO);
    let first = model.active(Algorithm::RS256).unwrap().kid.clone();

    assert_eq!(model.tick(Seconds(Seconds::days(89).0 - 1)), []);
    let announced = model.tick(Seconds(1));
    assert_eq!(announced, [Step::Announce { algorithm: Algorithm::RS256, active: false }]);
    let second = announced_kid(&model);

    assert_eq!(model.tick(Seconds(Seconds::days(1).0 - 1)), []);
    assert_eq!(model.tick(Seconds(1)), [Step::Activate { kid: second.clone() }]);
    assert_eq!(model.find(&first).state, KeyState::Retired);
    assert_eq!(model.active(Algorithm::RS256).unwrap().kid, second);

    assert_eq!(model.tick(Seconds::days(1)), []);
    assert_eq!(model.tick(REPLICA_LAG), [Step::Remove { kid: first.clone() }]);
    assert_eq!(model.find(&first).state, KeyState::Removed);
    assert!(model.find(&first).sealed_private.is_none());
}

fn announced_kid(model: &Model) -> Kid {
    announced(&model.keys, Algorithm::RS256).unwrap().kid.clone()
}

#[test]
fn the_keys_of_a_disabled_algorithm_retire_or_go_and_enabling_it_again_makes_a_new_one() {
    let mut model = Model::new(only(Algorithm::RS256));
    model.tick(Seconds::ZERO);
    let steps = successors(&model.keys, &model.policy, &[Algorithm::RS256], false).unwrap();
    model.apply(&steps);
    model.policy.algorithms.clear();
    model.tick(Seconds(1));
    let states: Vec<_> = model.keys.iter().map(|key| key.state).collect();
    assert_eq!(states, [KeyState::Retired, KeyState::Removed]);
    model.policy.algorithms.push(Algorithm::RS256);
    model.tick(Seconds(1));
    assert_eq!(model.active(Algorithm::RS256).unwrap().kid, Kid::new("kid-3"));
}

#[test]
fn rotating_announces_one_successor_and_asking_again_changes_nothing() {
    let mut model = Model::new(only(Algorithm::RS256));
    model.tick(Seconds::ZERO);
    let ask = |model: &Model| successors(&model.keys, &model.policy, &[Algorithm::RS256], false);
    let steps = ask(&model).unwrap();
    model.apply(&steps);
    assert_eq!(ask(&model).unwrap(), []);
    let next = announced_kid(&model);
    assert_eq!(model.tick(Seconds::hours(24)), [Step::Activate { kid: next }]);
}

#[test]
fn rotating_immediately_lets_the_announced_key_sign_or_makes_one_that_does() {
    let mut model = Model::new(only(Algorithm::RS256));
    model.tick(Seconds::ZERO);
    for expected in ["kid-2", "kid-3"] {
        let steps = successors(&model.keys, &model.policy, &[Algorithm::RS256], true).unwrap();
        model.apply(&steps);
        assert_eq!(model.active(Algorithm::RS256).unwrap().kid, Kid::new(expected));
        assert_eq!(in_state(&model.keys, Algorithm::RS256, KeyState::Announced).count(), 0);
        model.keys.iter().for_each(|key| assert_ne!(key.state, KeyState::Removed));
        model.now = model.now.plus(Seconds(1));
    }
    model.apply(&[Step::Announce { algorithm: Algorithm::RS256, active: false }]);
    let steps = successors(&model.keys, &model.policy, &[Algorithm::RS256], true).unwrap();
    assert_eq!(steps, [Step::Activate { kid: Kid::new("kid-4") }]);
}

#[test]
fn rotating_an_algorithm_that_is_not_enabled_is_refused() {
    let policy = only(Algorithm::RS256);
    let error = successors(&[], &policy, &[Algorithm::ES256], false).unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::InvalidRequest));
}

#[test]
fn revoking_the_active_key_activates_the_announced_one() {
    let mut model = Model::new(only(Algorithm::RS256));
    model.tick(Seconds::ZERO);
    model.apply(&[Step::Announce { algorithm: Algorithm::RS256, active: false }]);
    let steps = revocation(&model.keys, &model.policy, &Kid::new("kid-1")).unwrap();
    model.apply(&steps);
    let states: Vec<_> = model.keys.iter().map(|key| key.state).collect();
    assert_eq!(states, [KeyState::Revoked, KeyState::Active]);
    assert!(model.keys[0].sealed_private.is_none());
    model.check_rest();
}

#[test]
fn revoking_the_only_key_makes_one_that_signs_at_once() {
    let mut model = Model::new(only(Algorithm::RS256));
    model.tick(Seconds::ZERO);
    let steps = revocation(&model.keys, &model.policy, &Kid::new("kid-1")).unwrap();
    model.apply(&steps);
    assert_eq!(model.active(Algorithm::RS256).unwrap().kid, Kid::new("kid-2"));
    model.check_rest();
    assert_eq!(revocation(&model.keys, &model.policy, &Kid::new("kid-1")).unwrap(), []);
}

#[test]
fn revoking_a_key_that_is_not_ours_is_refused() {
    let error = revocation(&[], &Policy::default(), &Kid::new("nobody")).unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::InvalidRequest));
}

#[derive(Debug, Clone)]
enum Event {
    Wait(i64),
    Rotate(Algorithm, bool),
    Revoke(prop::sample::Index),
    Enable(Vec<Algorithm>),
}

fn event() -> impl Strategy<Value = Event> {
    let algorithm = || prop::sample::select(Algorithm::ALL);
    prop_oneof![
        6 => prop_oneof![0..4_i64, 0..4_000_i64, 0..20_000_000_i64].prop_map(Event::Wait),
        2 => (algorithm(), any::<bool>()).prop_map(|(a, now)| Event::Rotate(a, now)),
        1 => any::<prop::sample::Index>().prop_map(Event::Revoke),
        1 => prop::sample::subsequence(Algorithm::ALL, 0..=Algorithm::ALL.len())
            .prop_map(Event::Enable),
    ]
}

fn policy() -> impl Strategy<Value = Policy> {
    let span = || prop_oneof![0..3_i64, 0..5_000_i64, 0..9_000_000_i64].prop_map(Seconds);
    (span(), span(), span()).prop_map(|(announce, active, retired)| Policy {
        algorithms: Algorithm::ALL.to_vec(),
        announce,
        active,
        retired,
    })
}

proptest! {
    #[test]
    fn whatever_happens_the_life_of_the_keys_keeps_its_promises(
        policy in policy(),
        events in prop::collection::vec(event(), 0..60),
    ) {
        let mut model = Model::new(policy);
        for event in events {
            match event {
                Event::Wait(seconds) => model.now = model.now.plus(Seconds(seconds)),
                Event::Enable(algorithms) => model.policy.algorithms = algorithms,
                Event::Rotate(algorithm, immediately) => {
                    let asked = [algorithm];
                    if let Ok(steps) = successors(&model.keys, &model.policy, &asked, immediately) {
                        model.apply(&steps);
                    }
                }
                Event::Revoke(index) => {
                    if !model.keys.is_empty() {
                        let kid = index.get(&model.keys).kid.clone();
                        let steps = revocation(&model.keys, &model.policy, &kid).unwrap();
                        model.apply(&steps);
                        prop_assert_eq!(model.find(&kid).state, KeyState::Revoked);
                    }
                }
            }
            let revoked: Vec<_> =
                model.keys.iter().filter(|k| k.state == KeyState::Revoked).cloned().collect();
            let steps = model.plan();
            model.check_steps(&steps);
            model.apply(&steps);
            model.check_rest();
            for key in revoked {
                prop_assert_eq!(model.find(&key.kid).state, KeyState::Revoked);
            }
        }
    }

    #[test]
    fn however_seldom_the_job_runs_a_published_key_that_signed_lately_verifies(
        policy in policy(),
        waits in prop::collection::vec(0..5_000_000_i64, 1..40),
    ) {
        let mut model = Model::new(policy);
        model.tick(Seconds::ZERO);
        let mut last_signed: Vec<(Kid, Timestamp)> = Vec::new();
        for wait in waits {
            for &algorithm in Algorithm::ALL {
                let kid = model.active(algorithm).unwrap().kid.clone();
                last_signed.push((kid, model.now));
            }
            model.tick(Seconds(wait));
            let published = |k: &KeyRow| {
                matches!(k.state, KeyState::Announced | KeyState::Active | KeyState::Retired)
            };
            for (kid, at) in &last_signed {
                let expired = model.now.since(*at) > model.policy.retired;
                prop_assert!(expired || published(model.find(kid)), "{} left too early", kid);
            }
        }
    }
}
