//! What runs beside requests: each job on a schedule, on a thread that may block.
//!
//! A job that fails is logged, counted and runs again at its next turn; it never ends the server.

mod poll;
mod rotate_keys;
mod sweep;
mod tls_certificate;

use std::sync::Arc;
use std::time::Duration;

use actix_web::rt;
use keywright_core::error::Error;
use keywright_core::provider::Provider;
use keywright_http::ServerCertificate;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use crate::metrics;

/// Between two turns of a job that has more to do: whoever waits for the database comes first.
const PAUSE: Duration = Duration::from_millis(20);

/// What a job wants after its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// To wait for its time.
    Rest,
    /// To go on soon: there is more to do.
    Again,
}

type Work = dyn Fn(&Provider) -> Result<Next, Error> + Send + Sync;

/// A job and its schedule.
struct Job {
    /// For the log and the metrics.
    name: &'static str,
    every: Duration,
    work: Arc<Work>,
}

impl Job {
    /// One that does at each turn what there is to do.
    fn new(
        name: &'static str,
        every: Duration,
        work: impl Fn(&Provider) -> Result<(), Error> + Send + Sync + 'static,
    ) -> Self {
        Self::in_steps(name, every, move |provider| work(provider).map(|()| Next::Rest))
    }

    /// One that does at each turn a part of what there is to do.
    fn in_steps(
        name: &'static str,
        every: Duration,
        work: impl Fn(&Provider) -> Result<Next, Error> + Send + Sync + 'static,
    ) -> Self {
        Self { name, every, work: Arc::new(work) }
    }
}

/// The jobs that run.
pub(crate) struct Jobs(Vec<Running>);

struct Running {
    name: &'static str,
    /// Held while a turn is under way.
    turn: Arc<Mutex<()>>,
    schedule: JoinHandle<()>,
}

impl Jobs {
    /// Lets no job begin another turn, and waits for the turns under way; false when one of them
    /// did not end within `patience`.
    pub(crate) async fn stop(self, patience: Duration) -> bool {
        let mut all = true;
        for job in self.0 {
            let idle = rt::time::timeout(patience, job.turn.lock()).await.is_ok();
            job.schedule.abort();
            if !idle {
                tracing::warn!("job {} did not end in time", job.name);
            }
            all &= idle;
        }
        all
    }
}

/// Starts every job, on the runtime of the caller.
pub(crate) fn start(
    provider: &Provider,
    metrics: &metrics::Jobs,
    certificate: Option<&Arc<ServerCertificate>>,
) -> Jobs {
    let rotation = rotate_keys::every(&provider.settings.keys);
    let swept = metrics.swept.clone();
    let mut jobs = vec![
        Job::new("poll", poll::EVERY, poll::run),
        Job::new("rotate_keys", rotation, rotate_keys::run),
        Job::in_steps("sweep", sweep::EVERY, move |provider| sweep::run(provider, &swept)),
    ];
    if let Some(certificate) = certificate {
        let watch = tls_certificate::Watch::new(Arc::clone(certificate));
        let every = tls_certificate::EVERY;
        jobs.push(Job::new("tls_certificate", every, move |provider| watch.run(provider)));
    }
    Jobs(jobs.into_iter().map(|job| run(job, provider.clone(), metrics.clone())).collect())
}

fn run(job: Job, provider: Provider, metrics: metrics::Jobs) -> Running {
    metrics.announce(job.name);
    let turn = Arc::new(Mutex::new(()));
    let name = job.name;
    let schedule = rt::spawn(repeat(job, provider, Arc::clone(&turn), metrics));
    Running { name, turn, schedule }
}

async fn repeat(job: Job, provider: Provider, turn: Arc<Mutex<()>>, metrics: metrics::Jobs) {
    let mut turns = tokio::time::interval(job.every);
    turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        turns.tick().await;
        while take_turn(&job, &provider, &turn, &metrics).await == Next::Again {
            rt::time::sleep(PAUSE).await;
        }
    }
}

async fn take_turn(
    job: &Job,
    provider: &Provider,
    turn: &Mutex<()>,
    metrics: &metrics::Jobs,
) -> Next {
    let _under_way = turn.lock().await;
    let (work, at_work) = (Arc::clone(&job.work), provider.clone());
    match rt::task::spawn_blocking(move || work(&at_work)).await {
        Ok(Ok(next)) => {
            metrics.succeeded(job.name, provider.now());
            return next;
        }
        Ok(Err(error)) => tracing::error!("job {}: {error}", job.name),
        Err(error) => tracing::error!("job {} broke off: {error}", job.name),
    }
    metrics.failed(job.name);
    Next::Rest
}
