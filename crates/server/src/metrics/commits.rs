//! The commits that SQLite's writers share.

use keywright_storage::CommitObserver;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::DURATIONS;

/// How many transactions share one, and how long it takes.
#[derive(Debug, Clone)]
pub(crate) struct Commits {
    members: Histogram,
    duration: Histogram,
}

impl Default for Commits {
    fn default() -> Self {
        let classes = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0];
        Self { members: Histogram::new(classes), duration: Histogram::new(DURATIONS) }
    }
}

impl Commits {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "commit_members",
            "Transactions that shared a commit (SQLite)",
            self.members.clone(),
        );
        registry.register(
            "commit_duration_seconds",
            "Time that a shared commit took (SQLite)",
            self.duration.clone(),
        );
    }

    /// Who counts them.
    pub(crate) fn observer(&self) -> CommitObserver {
        let metrics = self.clone();
        Box::new(move |commit| {
            let members = u32::try_from(commit.members).unwrap_or(u32::MAX);
            metrics.members.observe(f64::from(members));
            metrics.duration.observe(commit.took.as_secs_f64());
        })
    }
}
