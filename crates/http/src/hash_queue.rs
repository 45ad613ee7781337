//! The queue of password hashes.
//!
//! Owns a few low-priority threads and a bounded queue before them, so that a flood of logins
//! can neither starve the token endpoint of processor time nor grow without limit. What runs here
//! holds no database permit.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use actix_web::rt::time::timeout;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

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
    jobs: Sender<Job>,
    places: Arc<Semaphore>,
    wait: Duration,
    metrics: Hashes,
}

/// A place in the queue, or at a thread; free again when this is dropped.
#[derive(Debug)]
pub struct Place {
    _permit: OwnedSemaphorePermit,
}

impl HashQueue {
    /// Starts `threads` threads with room for `waiting` jobs before them.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub fn start(threads: usize, waiting: usize) -> io::Result<Self> {
        let (jobs, queue) = channel();
        let queue = Arc::new(Mutex::new(queue));
        let threads = threads.max(1);
        for number in 0..threads {
            let queue = Arc::clone(&queue);
            thread::Builder::new().name(format!("hash-{number}")).spawn(move || work(&queue))?;
        }
        let places = Arc::new(Semaphore::new(threads.saturating_add(waiting)));
        Ok(Self { jobs, places, wait: Duration::ZERO, metrics: Hashes::default() })
    }

    /// Who finds the queue full waits so long for a place; who floods it asks the less often.
    #[must_use]
    pub(crate) fn patient(self, wait: Duration) -> Self {
        Self { wait, ..self }
    }

    /// Counts into `metrics`.
    #[must_use]
    pub(crate) fn measured(self, metrics: Hashes) -> Self {
        Self { metrics, ..self }
    }

    /// Takes a place, before work is done that would be in vain without one.
    ///
    /// # Errors
    /// [`Overloaded`] when the queue is full, and stays so.
    pub async fn place(&self) -> Result<Place, Overloaded> {
        let places = Arc::clone(&self.places);
        let permit = match Arc::clone(&places).try_acquire_owned() {
            Ok(permit) => Some(permit),
            Err(_) if self.wait.is_zero() => None,
            Err(_) => timeout(self.wait, places.acquire_owned()).await.ok().and_then(Result::ok),
        };
        permit.map(|permit| Place { _permit: permit }).ok_or_else(|| {
            self.metrics.refused.inc();
            Overloaded
        })
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
        self.run_in(self.place().await?, job).await
    }

    /// The same for who has a place already.
    ///
    /// # Errors
    /// [`Overloaded`] when the job did not end.
    pub async fn run_in<T, F>(&self, place: Place, job: F) -> Result<T, Overloaded>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let (answer, waiting) = oneshot::channel();
        let metrics = self.metrics.clone();
        let job: Job = Box::new(move || {
            // Held by the work, not by the request: a client that hangs up frees nothing.
            let _place = place;
            metrics.waiting.dec();
            if !answer.is_closed() {
                // The caller may leave while we work; nobody is left to tell.
                drop(answer.send(measured(&metrics, job)));
            }
        });
        // Counted first: a thread may be done before this one goes on.
        self.metrics.waiting.inc();
        self.jobs.send(job).map_err(|_nobody| {
            self.metrics.waiting.dec();
            Overloaded
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
        let first = actix_web::rt::spawn(async move {
            let job = move || {
                started.send(()).unwrap();
                released.recv().ok();
            };
            busy.run(job).await.unwrap();
        });
        while running.try_recv().is_err() {
            actix_web::rt::task::yield_now().await;
        }
        assert_eq!(queue.run(|| ()).await, Err(Overloaded));
        assert_eq!((queue.metrics.refused.get(), queue.metrics.waiting.get()), (1, 0));
        release.send(()).unwrap();
        first.await.unwrap();
    }

    #[actix_web::test]
    async fn a_place_that_was_taken_is_kept_until_it_is_used_or_dropped() {
        let queue = HashQueue::start(1, 1).unwrap();
        let (first, second) = (queue.place().await.unwrap(), queue.place().await.unwrap());
        assert_eq!(queue.run(|| ()).await, Err(Overloaded));
        drop(first);
        assert_eq!(queue.run_in(second, || 7).await, Ok(7));
        assert_eq!(queue.run(|| 8).await, Ok(8));
    }

    #[actix_web::test]
    async fn who_may_wait_gets_the_place_that_becomes_free() {
        let queue = HashQueue::start(1, 0).unwrap().patient(Duration::from_secs(3600));
        let place = queue.place().await.unwrap();
        let patient = queue.clone();
        let waiting = actix_web::rt::spawn(async move { patient.run(|| 7).await });
        actix_web::rt::task::yield_now().await;
        drop(place);
        assert_eq!(waiting.await.unwrap(), Ok(7));
    }

    #[actix_web::test]
    async fn a_panic_does_not_cost_a_thread() {
        let queue = HashQueue::start(1, 4).unwrap();
        let lost: Result<(), _> = queue.run(|| panic!("on purpose")).await;
        assert_eq!(lost, Err(Overloaded));
        assert_eq!(queue.run(|| 7).await, Ok(7));
    }
}
