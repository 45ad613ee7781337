//! The queue of password hashes.
//!
//! Owns a few low-priority threads and a bounded queue before them, so that a flood of logins
//! can neither starve the token endpoint of processor time nor grow without limit (DESIGN
//! rule 6). What runs here holds no database permit.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use tokio::sync::oneshot;

use crate::metrics::Hashes;

/// How much the hashing threads yield to the others (`nice`, 0 to 19).
const NICENESS: i32 = 10;

type Job = Box<dyn FnOnce() + Send>;

/// The queue is full, or the work did not end: answer 503.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the queue of password hashes is full")]
pub struct Overloaded;

/// A handle to the queue. The threads end when the last handle is gone.
#[derive(Debug, Clone)]
pub struct HashQueue {
    jobs: SyncSender<Job>,
    metrics: Hashes,
}

impl HashQueue {
    /// Starts `threads` threads with room for `waiting` jobs before them.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub fn start(threads: usize, waiting: usize) -> io::Result<Self> {
        let (jobs, queue) = sync_channel(waiting);
        let queue = Arc::new(Mutex::new(queue));
        for number in 0..threads.max(1) {
            let queue = Arc::clone(&queue);
            thread::Builder::new().name(format!("hash-{number}")).spawn(move || work(&queue))?;
        }
        Ok(Self { jobs, metrics: Hashes::default() })
    }

    /// Counts into `metrics`.
    #[must_use]
    pub(crate) fn measured(self, metrics: Hashes) -> Self {
        Self { metrics, ..self }
    }

    /// Runs `job` on a hashing thread. A job whose caller has gone away is skipped.
    ///
    /// # Errors
    /// [`Overloaded`] when the queue is full.
    pub async fn run<T, F>(&self, job: F) -> Result<T, Overloaded>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let (answer, waiting) = oneshot::channel();
        let metrics = self.metrics.clone();
        let job: Job = Box::new(move || {
            metrics.waiting.dec();
            if !answer.is_closed() {
                // The caller may leave while we work; nobody is left to tell.
                drop(answer.send(measured(&metrics, job)));
            }
        });
        // Counted first: a thread may be done before this one goes on.
        self.metrics.waiting.inc();
        self.jobs.try_send(job).map_err(|refused| match refused {
            TrySendError::Full(_) | TrySendError::Disconnected(_) => {
                self.metrics.waiting.dec();
                self.metrics.refused.inc();
                Overloaded
            }
        })?;
        waiting.await.map_err(|_gone| Overloaded)
    }
}

#[expect(clippy::disallowed_methods, reason = "telemetry measures; nothing is decided by it")]
fn measured<T>(metrics: &Hashes, job: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let done = job();
    metrics.duration.observe(began.elapsed().as_secs_f64());
    done
}

fn work(queue: &Mutex<Receiver<Job>>) {
    // Best effort: without the permission to be nice the work is done all the same. On Linux
    // the call concerns the calling thread alone.
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::debug!(%error, "hashing threads run at normal priority");
    }
    loop {
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        if catch_unwind(AssertUnwindSafe(job)).is_err() {
            tracing::error!("a password hash panicked");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[actix_web::test]
    async fn a_job_runs_on_another_thread_and_its_result_comes_back() {
        let queue = HashQueue::start(1, 1).unwrap();
        let name = queue.run(|| thread::current().name().map(str::to_owned)).await.unwrap();
        assert_eq!(name.as_deref(), Some("hash-0"));
    }

    #[actix_web::test]
    async fn a_full_queue_refuses_at_once() {
        let queue = HashQueue::start(1, 0).unwrap();
        let (started, running) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        let busy = queue.clone();
        // With no room to wait, a job is taken only by a thread that stands ready for it.
        let first = actix_web::rt::spawn(async move {
            let released = Arc::new(Mutex::new(released));
            loop {
                let (started, released) = (started.clone(), Arc::clone(&released));
                let job = move || {
                    started.send(()).unwrap();
                    released.lock().unwrap().recv().ok();
                };
                if busy.run(job).await.is_ok() {
                    return;
                }
                actix_web::rt::task::yield_now().await;
            }
        });
        while running.try_recv().is_err() {
            actix_web::rt::task::yield_now().await;
        }
        let refused = queue.metrics.refused.get();
        assert_eq!(queue.run(|| ()).await, Err(Overloaded));
        assert_eq!((queue.metrics.refused.get(), queue.metrics.waiting.get()), (refused + 1, 0));
        release.send(()).unwrap();
        first.await.unwrap();
    }

    #[actix_web::test]
    async fn a_panic_does_not_cost_a_thread() {
        let queue = HashQueue::start(1, 4).unwrap();
        let lost: Result<(), _> = queue.run(|| panic!("on purpose")).await;
        assert_eq!(lost, Err(Overloaded));
        assert_eq!(queue.run(|| 7).await, Ok(7));
    }
}
