//! The one hop of a request: from an actix worker, which must not block, to a thread that may.
//!
//! Owns how many requests are at the database at once, and how many wait. A request that finds no
//! room to wait is refused at once, one whose turn does not come in time then. A thread that is
//! done takes the next request itself: under a flood the workers are busy refusing, and if they
//! had to hand out the turns, threads would stand idle meanwhile.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::rt::task::spawn_blocking;
use actix_web::rt::time::timeout;
use keywright_core::error::Error;
use tokio::sync::oneshot;
use tokio::time::Instant;
use tracing::Span;

use crate::error::Failure;
use crate::metrics::Hops;

/// The log is told of refused requests no more often than this.
const COMPLAINTS_APART: Duration = Duration::from_secs(10);

type Job = Box<dyn FnOnce() + Send>;

/// The way to the database.
#[derive(Clone)]
pub(crate) struct Hop(Arc<Desk>);

/// What all requests share.
struct Desk {
    limit: usize,
    room: usize,
    wait: Duration,
    queue: Mutex<Queue>,
    metrics: Hops,
}

#[derive(Default)]
struct Queue {
    /// Threads that work, or are about to.
    busy: usize,
    waiting: VecDeque<Waiting>,
    /// When the log was told last that requests are refused.
    told: Option<Instant>,
}

struct Waiting {
    job: Job,
    turn: Turn,
}

/// Taken once: by the thread that begins, or by the request that gives up.
#[derive(Clone, Default)]
struct Turn(Arc<AtomicBool>);

impl Turn {
    /// True for who is first.
    fn take(&self) -> bool {
        !self.0.swap(true, Ordering::AcqRel)
    }
}

/// Where the answer goes; nowhere, when nobody waits for it any more.
pub(crate) struct Reply<T>(oneshot::Sender<Result<T, Error>>);

impl<T> Reply<T> {
    pub(crate) fn send(self, answer: Result<T, Error>) {
        drop(self.0.send(answer));
    }
}

/// What a request finds.
enum Seat {
    /// A thread may begin with it.
    Free(Job),
    /// It waits.
    Queued(Turn),
}

impl Hop {
    /// At most `limit` threads; `room` requests wait for them at most for `wait`.
    pub(crate) fn new(limit: usize, room: usize, wait: Duration, metrics: Hops) -> Self {
        let limit = limit.max(1);
        metrics.limit.set(i64::try_from(limit).unwrap_or(i64::MAX));
        Self(Arc::new(Desk { limit, room, wait, queue: Mutex::default(), metrics }))
    }

    /// Runs `work` on a thread that may block; it gives its reply then or later. Once begun it
    /// ends, be it that the client hangs up.
    ///
    /// # Errors
    /// [`Failure::Overloaded`] when its turn did not come in time, else what `work` refuses.
    pub(crate) async fn run<T, F>(&self, work: F) -> Result<T, Failure>
    where
        T: Send + 'static,
        F: FnOnce(Reply<T>) + Send + 'static,
    {
        let (answer, mut coming) = oneshot::channel();
        let span = Span::current();
        let job = move || {
            if answer.is_closed() {
                return;
            }
            // A panic drops the reply; who waits for it is told below.
            drop(catch_unwind(AssertUnwindSafe(|| span.in_scope(|| work(Reply(answer))))));
        };
        let desk = &self.0;
        let done = match desk.seat(Box::new(job))? {
            Seat::Free(job) => {
                let desk = Arc::clone(desk);
                spawn_blocking(move || desk.work(job));
                coming.await
            }
            Seat::Queued(turn) => match timeout(desk.wait, &mut coming).await {
                Ok(done) => done,
                Err(_) if turn.take() => {
                    desk.metrics.waiting.dec();
                    return Err(desk.refused(&mut desk.queue()));
                }
                Err(_) => coming.await,
            },
        };
        match done {
            Ok(done) => Ok(done?),
            Err(_) => Err(Error::Internal("the request's thread panicked".into()).into()),
        }
    }
}

impl Desk {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn seat(&self, job: Job) -> Result<Seat, Failure> {
        let mut queue = self.queue();
        if queue.busy < self.limit {
            queue.busy += 1;
            self.metrics.busy.inc();
            return Ok(Seat::Free(job));
        }
        if queue.waiting.len() >= self.room {
            return Err(self.refused(&mut queue));
        }
        let turn = Turn::default();
        queue.waiting.push_back(Waiting { job, turn: turn.clone() });
        self.metrics.waiting.inc();
        Ok(Seat::Queued(turn))
    }

    /// One job after the other, until nobody waits.
    fn work(&self, first: Job) {
        let mut next = Some(first);
        while let Some(job) = next {
            job();
            next = self.next();
        }
    }

    fn next(&self) -> Option<Job> {
        let mut queue = self.queue();
        while let Some(Waiting { job, turn }) = queue.waiting.pop_front() {
            if turn.take() {
                self.metrics.waiting.dec();
                return Some(job);
            }
        }
        queue.busy -= 1;
        self.metrics.busy.dec();
        None
    }

    /// Counts; a line of the log for each would be load of its own.
    fn refused(&self, queue: &mut Queue) -> Failure {
        let refused = self.metrics.refused.inc() + 1;
        let now = Instant::now();
        if queue.told.is_none_or(|told| now.duration_since(told) >= COMPLAINTS_APART) {
            queue.told = Some(now);
            tracing::warn!(
                refused,
                "overloaded: requests are answered 503, so many since the start"
            );
        }
        Failure::Overloaded
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Receiver, Sender, channel};

    use actix_web::rt::task::{JoinHandle, yield_now};

    const LONG: Duration = Duration::from_secs(3600);

    type Answer = JoinHandle<Result<(), Failure>>;

    /// A request that is at the database until told otherwise.
    async fn busy(hop: &Hop) -> (Answer, Sender<()>) {
        let (started, running) = channel();
        let (release, released): (_, Receiver<()>) = channel();
        let hop = hop.clone();
        let work = move |reply: Reply<()>| {
            started.send(()).ok();
            released.recv().ok();
            reply.send(Ok(()));
        };
        let answer = actix_web::rt::spawn(async move { hop.run(work).await });
        while running.try_recv().is_err() {
            yield_now().await;
        }
        (answer, release)
    }

    /// A request that waits behind `others`.
    async fn waiting(hop: &Hop, others: i64) -> Answer {
        let queued = hop.clone();
        let answer =
            actix_web::rt::spawn(async move { queued.run(|reply| reply.send(Ok(()))).await });
        while hop.0.metrics.waiting.get() == others {
            yield_now().await;
        }
        answer
    }

    fn counts(hop: &Hop) -> (i64, i64, u64) {
        let metrics = &hop.0.metrics;
        (metrics.busy.get(), metrics.waiting.get(), metrics.refused.get())
    }

    #[actix_web::test]
    async fn without_a_turn_in_time_the_request_is_refused_and_its_work_not_done() {
        let hop = Hop::new(1, 1, Duration::ZERO, Hops::default());
        let (first, release) = busy(&hop).await;
        assert_eq!(counts(&hop), (1, 0, 0));
        let (done, is_done) = channel();
        let late = hop.run(move |reply| {
            done.send(()).ok();
            reply.send(Ok(()));
        });
        assert!(matches!(late.await, Err(Failure::Overloaded)));
        assert_eq!(counts(&hop), (1, 0, 1));
        release.send(()).unwrap();
        assert!(first.await.unwrap().is_ok());
        assert!(is_done.recv().is_err(), "what was answered 503 must not happen");
        while counts(&hop).0 > 0 {
            yield_now().await;
        }
        assert!(hop.run(|reply| reply.send(Ok(()))).await.is_ok());
    }

    #[actix_web::test]
    async fn without_room_to_wait_the_request_is_refused_at_once() {
        let hop = Hop::new(1, 2, LONG, Hops::default());
        let (first, release) = busy(&hop).await;
        let second = waiting(&hop, 0).await;
        let third = waiting(&hop, 1).await;
        assert!(matches!(hop.run(|reply| reply.send(Ok(()))).await, Err(Failure::Overloaded)));
        assert_eq!(counts(&hop), (1, 2, 1));
        release.send(()).unwrap();
        for answer in [first, second, third] {
            assert!(answer.await.unwrap().is_ok(), "who waited gets its turn");
        }
        while counts(&hop).0 > 0 {
            yield_now().await;
        }
        assert_eq!(counts(&hop), (0, 0, 1));
    }

    #[actix_web::test]
    async fn who_hangs_up_while_it_waits_costs_no_turn() {
        let hop = Hop::new(1, 1, LONG, Hops::default());
        let (first, release) = busy(&hop).await;
        waiting(&hop, 0).await.abort();
        release.send(()).unwrap();
        assert!(first.await.unwrap().is_ok());
        while counts(&hop) != (0, 0, 0) {
            yield_now().await;
        }
    }

    #[actix_web::test]
    async fn a_panic_is_an_internal_error_and_others_get_their_turn() {
        let hop = Hop::new(1, 1, LONG, Hops::default());
        let lost = hop.run(|_: Reply<()>| panic!("on purpose")).await;
        assert!(matches!(lost, Err(Failure::Protocol(Error::Internal(_)))));
        assert!(hop.run(|reply| reply.send(Ok(()))).await.is_ok());
    }
}
