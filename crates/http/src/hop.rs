//! The one hop of a request: from an actix worker, which must not block, to a thread that may.
//!
//! Owns how many requests are at the database at once, and how many wait. A request that finds no
//! room to wait is refused at once, one that gets no permit in time then.

use std::sync::Arc;
use std::time::Duration;

use actix_web::rt::time::timeout;
use actix_web::web;
use keywright_core::error::Error;
use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::Span;

use crate::error::Failure;
use crate::metrics::Hops;

/// Permits to be at the database.
#[derive(Debug, Clone)]
pub(crate) struct Hop {
    permits: Arc<Semaphore>,
    room: Arc<Semaphore>,
    wait: Duration,
    metrics: Hops,
}

impl Hop {
    /// `limit` permits; `queue` requests wait at most `wait` for one.
    pub(crate) fn new(limit: usize, queue: usize, wait: Duration, metrics: Hops) -> Self {
        let limit = limit.max(1);
        metrics.limit.set(i64::try_from(limit).unwrap_or(i64::MAX));
        let permits = Arc::new(Semaphore::new(limit));
        Self { permits, room: Arc::new(Semaphore::new(queue)), wait, metrics }
    }

    /// Runs `work` on a thread that may block.
    ///
    /// # Errors
    /// [`Failure::Overloaded`] when there was no permit in time, else what `work` refuses.
    pub(crate) async fn run<T, F>(&self, work: F) -> Result<T, Failure>
    where
        T: Send + 'static,
        F: FnOnce() -> Result<T, Error> + Send + 'static,
    {
        let permit = self.turn().await?;
        let span = Span::current();
        let answer = web::block(move || {
            // Held by the work, not by the request: a client that hangs up frees nothing.
            let _permit = permit;
            span.in_scope(work)
        })
        .await;
        match answer {
            Ok(answer) => Ok(answer?),
            Err(_) => Err(Error::Internal("the request's thread panicked".into()).into()),
        }
    }

    /// A permit, at once when there is one.
    async fn turn(&self) -> Result<Turn, Failure> {
        let permit = match Arc::clone(&self.permits).try_acquire_owned() {
            Ok(permit) => Some(permit),
            Err(_) => self.wait_in_the_queue().await,
        };
        let Some(permit) = permit else {
            self.metrics.refused.inc();
            return Err(Failure::Overloaded);
        };
        Ok(Turn { _permit: permit, _busy: Counted::new(&self.metrics.busy) })
    }

    async fn wait_in_the_queue(&self) -> Option<OwnedSemaphorePermit> {
        let _room = self.room.try_acquire().ok()?;
        let _waiting = Counted::new(&self.metrics.waiting);
        timeout(self.wait, Arc::clone(&self.permits).acquire_owned()).await.ok()?.ok()
    }
}

/// A permit, and the count of those who hold one.
struct Turn {
    _permit: OwnedSemaphorePermit,
    _busy: Counted,
}

/// One more in a gauge until this is dropped.
struct Counted(Gauge);

impl Counted {
    fn new(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[actix_web::test]
    async fn without_a_permit_in_time_the_request_is_refused() {
        let hop = Hop::new(1, 1, Duration::ZERO, Hops::default());
        let (started, running) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        let busy = hop.clone();
        let first = actix_web::rt::spawn(async move {
            busy.run(move || {
                started.send(()).ok();
                released.recv().ok();
                Ok(())
            })
            .await
        });
        while running.try_recv().is_err() {
            actix_web::rt::task::yield_now().await;
        }
        assert_eq!((hop.metrics.busy.get(), hop.metrics.refused.get()), (1, 0));
        assert!(matches!(hop.run(|| Ok(())).await, Err(Failure::Overloaded)));
        assert_eq!((hop.metrics.waiting.get(), hop.metrics.refused.get()), (0, 1));
        release.send(()).unwrap();
        assert!(first.await.unwrap().is_ok());
        assert!(hop.run(|| Ok(())).await.is_ok());
        assert_eq!(hop.metrics.busy.get(), 0);
    }

    #[actix_web::test]
    async fn without_room_to_wait_the_request_is_refused_at_once() {
        let hop = Hop::new(1, 1, Duration::from_secs(3600), Hops::default());
        let permit = hop.turn().await.ok();
        let waits = hop.clone();
        let waiting = actix_web::rt::spawn(async move { waits.run(|| Ok(())).await });
        while hop.metrics.waiting.get() == 0 {
            actix_web::rt::task::yield_now().await;
        }
        assert!(matches!(hop.run(|| Ok(())).await, Err(Failure::Overloaded)));
        drop(permit);
        assert!(waiting.await.unwrap().is_ok(), "who waited gets its turn");
    }

    #[actix_web::test]
    async fn a_panic_is_an_internal_error_and_gives_the_permit_back() {
        let hop = Hop::new(1, 1, Duration::from_secs(5), Hops::default());
        let lost = hop.run(|| -> Result<(), Error> { panic!("on purpose") }).await;
        assert!(matches!(lost, Err(Failure::Protocol(Error::Internal(_)))));
        assert!(hop.run(|| Ok(())).await.is_ok());
    }
}
