//! What runs beside requests: each job on a schedule, on a thread that may block.
//!
//! A job that fails is logged and runs again at its next turn; it never ends the server.

mod poll;
mod rotate_keys;
mod sweep;

use std::time::Duration;

use keywright_core::error::Error;
use keywright_core::provider::Provider;
use tokio::task::JoinHandle;

/// What a job does at its turn.
type Work = fn(&Provider) -> Result<(), Error>;

/// The jobs that run.
pub(crate) struct Jobs(Vec<JoinHandle<()>>);

impl Jobs {
    /// Lets nobody begin another turn.
    pub(crate) fn stop(self) {
        for job in self.0 {
            job.abort();
        }
    }
}

/// Starts every job, on the runtime of the caller.
pub(crate) fn start(provider: &Provider) -> Jobs {
    let jobs: [(&'static str, Duration, Work); 3] = [
        ("poll", poll::EVERY, poll::run),
        ("rotate keys", rotate_keys::every(&provider.settings.keys), rotate_keys::run),
        ("sweep", sweep::EVERY, sweep::run),
    ];
    let start =
        |(name, every, work)| actix_web::rt::spawn(repeat(name, every, work, provider.clone()));
    Jobs(jobs.into_iter().map(start).collect())
}

async fn repeat(name: &'static str, every: Duration, work: Work, provider: Provider) {
    let mut turns = tokio::time::interval(every);
    turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        turns.tick().await;
        let provider = provider.clone();
        match tokio::task::spawn_blocking(move || work(&provider)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!("job {name}: {error}"),
            Err(error) => tracing::error!("job {name} broke off: {error}"),
        }
    }
}
