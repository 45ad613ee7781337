//! What runs beside requests: each job on a schedule, on a thread of its own, which wakes once for each
//! turn. As a task of the runtime it would wake the runtime and two threads.
//!
//! A job that fails is logged, counted and runs again at its next turn; it never ends the server.

mod poll;
mod rotate_keys;
mod sweep;
mod tls_certificate;

use std::convert::Infallible;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use keywright_core::error::Error;
use keywright_core::provider::Provider;
use keywright_http::ServerCertificate;

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

type Work = dyn Fn(&Provider) -> Result<Next, Error> + Send;

/// A job and its schedule.
struct Job {
    /// For the log and the metrics.
    name: &'static str,
    every: Duration,
    work: Box<Work>,
}

impl Job {
    /// One that does at each turn what there is to do.
    fn new(
        name: &'static str,
        every: Duration,
        work: impl Fn(&Provider) -> Result<(), Error> + Send + 'static,
    ) -> Self {
        Self::in_steps(name, every, move |provider| work(provider).map(|()| Next::Rest))
    }

    /// One that does at each turn a part of what there is to do.
    fn in_steps(
        name: &'static str,
        every: Duration,
        work: impl Fn(&Provider) -> Result<Next, Error> + Send + 'static,
    ) -> Self {
        Self { name, every, work: Box::new(work) }
    }
}

/// The jobs that run.
pub(crate) struct Jobs(Vec<Running>);

struct Running {
    name: &'static str,
    /// Nothing is sent: it stops when this is dropped.
    stop: Sender<Infallible>,
    /// Nothing is sent: it has stopped when the other end is dropped.
    stopped: Receiver<Infallible>,
}

impl Jobs {
    /// Lets no job begin another turn, and waits for the turns under way; false when one of them
    /// did not end within `patience`.
    pub(crate) fn stop(self, patience: Duration) -> bool {
        let told = |Running { name, stop, stopped }| {
            drop(stop);
            (name, stopped)
        };
        let stopping: Vec<_> = self.0.into_iter().map(told).collect();
        let mut all = true;
        for (name, stopped) in stopping {
            if let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(patience) {
                tracing::warn!("job {name} did not end in time");
                all = false;
            }
        }
        all
    }
}

/// Starts every job.
///
/// # Errors
/// When there is no thread for one.
pub(crate) fn start(
    provider: &Provider,
    metrics: &metrics::Jobs,
    certificate: Option<&Arc<ServerCertificate>>,
) -> io::Result<Jobs> {
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
    let run = |job| run(job, provider.clone(), metrics.clone());
    jobs.into_iter().map(run).collect::<io::Result<_>>().map(Jobs)
}

fn run(job: Job, provider: Provider, metrics: metrics::Jobs) -> io::Result<Running> {
    metrics.announce(job.name);
    let name = job.name;
    let (stop, stopping) = channel();
    let (ended, stopped) = channel();
    thread::Builder::new().name(name.into()).spawn(move || {
        repeat(&job, &provider, &metrics, &stopping);
        drop::<Sender<Infallible>>(ended);
    })?;
    Ok(Running { name, stop, stopped })
}

fn repeat(job: &Job, provider: &Provider, metrics: &metrics::Jobs, stop: &Receiver<Infallible>) {
    loop {
        let pause = match take_turn(job, provider, metrics) {
            Next::Again => PAUSE,
            Next::Rest => job.every,
        };
        if stop.recv_timeout(pause) != Err(RecvTimeoutError::Timeout) {
            return;
        }
    }
}

fn take_turn(job: &Job, provider: &Provider, metrics: &metrics::Jobs) -> Next {
    match catch_unwind(AssertUnwindSafe(|| (job.work)(provider))) {
        Ok(Ok(next)) => {
            metrics.succeeded(job.name, provider.now());
            return next;
        }
        Ok(Err(error)) => tracing::error!("job {}: {error}", job.name),
        // What it panicked about was printed there and then.
        Err(_) => tracing::error!("job {} broke off", job.name),
    }
    metrics.failed(job.name);
    Next::Rest
}
