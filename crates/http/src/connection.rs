//! A connection of the public listener: how slow its client may be, how much may wait for it.
//!
//! Owns what actix leaves open. Its timeout of a request head counts for the first request of a
//! connection alone; a client that reads no answers may go on asking; an answer may take any
//! time. Here nothing more is read while something waits to be sent, so what a connection holds
//! in memory is bounded, and each moment of it has a deadline. The exception is a request that
//! is being answered: its body, its turn and the database have deadlines of their own.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::HttpRequest;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf, Take};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::metrics::Connections;

/// So many bytes are read, and what they ask for answered, before other connections and this
/// one's own answers get their turn. Else thousands of small requests in one breath would hold up
/// everybody, and their answers pile up.
const BREATH: u64 = 8 * 1024;

/// What is left of it to a client that keeps asking for many things at once: about a request.
const SHORT_BREATH: u64 = 64;

/// How long a client may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// To send a request head, from its first byte.
    pub(crate) head: Duration,
    /// To begin the next one.
    pub(crate) idle: Duration,
    /// To receive what waits for it, from when it did not keep up.
    pub(crate) answer: Duration,
}

/// What a connection is at.
#[derive(Debug, Clone, Copy)]
enum Phase {
    /// Nothing of a request has come since then.
    Idle(Instant),
    /// A head, or the rest of a body that nobody wants, has been coming since then.
    Head(Instant),
    /// So many requests are being answered.
    Answering(usize),
}

/// A connection as its requests know it.
#[derive(Debug, Clone)]
pub(crate) struct Conversation(Rc<Talk>);

#[derive(Debug)]
struct Talk {
    phase: Cell<Phase>,
    /// Requests that began in this turn.
    begun: Cell<u64>,
}

impl Conversation {
    fn new() -> Self {
        let phase = Cell::new(Phase::Idle(Instant::now()));
        Self(Rc::new(Talk { phase, begun: Cell::new(0) }))
    }

    /// A request is being answered until the result is dropped. `None` for one that came over
    /// no connection of ours, as in a test.
    pub(crate) fn answering(request: &HttpRequest) -> Option<Answering> {
        let conversation = request.conn_data::<Self>()?.clone();
        let Talk { phase, begun } = &*conversation.0;
        let others = match phase.get() {
            Phase::Answering(others) => others,
            Phase::Idle(_) | Phase::Head(_) => 0,
        };
        phase.set(Phase::Answering(others + 1));
        begun.set(begun.get() + 1);
        Some(Answering(conversation))
    }

    fn received(&self) {
        if let Phase::Idle(_) = self.0.phase.get() {
            self.0.phase.set(Phase::Head(Instant::now()));
        }
    }
}

/// See [`Conversation::answering`].
pub(crate) struct Answering(Conversation);

impl Drop for Answering {
    fn drop(&mut self) {
        let phase = &self.0.0.phase;
        match phase.get() {
            Phase::Answering(count) if count > 1 => phase.set(Phase::Answering(count - 1)),
            _ => phase.set(Phase::Idle(Instant::now())),
        }
    }
}

/// A connection with deadlines; what runs into one gets [`io::ErrorKind::TimedOut`].
pub(crate) struct Connection<T> {
    /// May be read from as far as what is left of the turn.
    io: Take<T>,
    conversation: Conversation,
    patience: Patience,
    /// How much may be read in a turn.
    breath: u64,
    /// Since when something waits to be sent.
    blocked: Option<Instant>,
    /// Whether a read was put off meanwhile.
    put_off: bool,
    /// Fires at the deadline or before it, never after it.
    timer: Option<Pin<Box<Sleep>>>,
    metrics: Connections,
}

impl<T: AsyncRead> Connection<T> {
    pub(crate) fn new(io: T, patience: Patience, metrics: Connections) -> Self {
        metrics.open.inc();
        Self {
            io: io.take(BREATH),
            conversation: Conversation::new(),
            patience,
            breath: BREATH,
            blocked: None,
            put_off: false,
            timer: None,
            metrics,
        }
    }

    /// What was read has been answered as far as it can be, and others had their turn.
    fn next_turn(&mut self) {
        let begun = self.conversation.0.begun.take();
        if begun > 1 {
            self.breath = (self.breath / begun).max(SHORT_BREATH);
        }
        self.io.set_limit(self.breath);
    }
}

impl<T> Connection<T> {
    pub(crate) fn conversation(&self) -> Conversation {
        self.conversation.clone()
    }

    fn deadline(&self) -> Option<Instant> {
        if let Some(since) = self.blocked {
            return since.checked_add(self.patience.answer);
        }
        match self.conversation.0.phase.get() {
            Phase::Idle(since) => since.checked_add(self.patience.idle),
            Phase::Head(since) => since.checked_add(self.patience.head),
            Phase::Answering(_) => None,
        }
    }

    /// Waits beside a read or a write, up to the deadline.
    fn wait<R>(&mut self, context: &mut Context<'_>) -> Poll<io::Result<R>> {
        let Some(deadline) = self.deadline() else { return Poll::Pending };
        loop {
            let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
            if timer.deadline() > deadline {
                timer.as_mut().reset(deadline);
            }
            if timer.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            if deadline <= Instant::now() {
                self.metrics.slow.inc();
                let slow = "the client was too slow";
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, slow)));
            }
            // It was set for something that is over.
            timer.as_mut().reset(deadline);
        }
    }
}

impl<T> Drop for Connection<T> {
    fn drop(&mut self) {
        self.metrics.open.dec();
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Connection<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.blocked.is_some() {
            this.put_off = true;
            return this.wait(context);
        }
        if this.io.limit() == 0 {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.io).poll_read(context, buffer);
        if read.is_pending() {
            // It has said all it had to say for now.
            this.breath = (this.breath * 2).min(BREATH);
            return this.wait(context);
        }
        if buffer.filled().len() > before {
            this.conversation.received();
        }
        read
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Connection<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(this.io.get_mut()).poll_write(context, bytes);
        this.next_turn();
        if written.is_pending() {
            this.blocked.get_or_insert_with(Instant::now);
            return this.wait(context);
        }
        written
    }

    /// actix flushes at the end of each turn, once everything that waits was written.
    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let flushed = Pin::new(this.io.get_mut()).poll_flush(context);
        this.next_turn();
        if flushed.is_pending() {
            this.blocked.get_or_insert_with(Instant::now);
            return this.wait(context);
        }
        this.blocked = None;
        if std::mem::take(&mut this.put_off) {
            context.waker().wake_by_ref();
        }
        flushed
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let shut = Pin::new(this.io.get_mut()).poll_shutdown(context);
        if shut.is_pending() {
            this.blocked.get_or_insert_with(Instant::now);
            return this.wait(context);
        }
        shut
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Waker;

    use tokio::io::{AsyncWriteExt as _, duplex, join, repeat, sink};

    const PATIENCE: Patience = Patience {
        head: Duration::from_secs(10),
        idle: Duration::from_secs(10),
        answer: Duration::from_secs(10),
    };

    fn connection<T: AsyncRead>(io: T) -> Connection<T> {
        Connection::new(io, PATIENCE, Connections::default())
    }

    /// How many bytes are read in a turn, in which so many requests begin.
    fn turn<T: AsyncRead + AsyncWrite + Unpin>(connection: &mut Connection<T>, begun: u64) -> u64 {
        let mut context = Context::from_waker(Waker::noop());
        let mut read = 0;
        loop {
            let mut bytes = [0; 1000];
            let mut buffer = ReadBuf::new(&mut bytes);
            let polled = Pin::new(&mut *connection).poll_read(&mut context, &mut buffer);
            if polled.is_pending() {
                break;
            }
            read += buffer.filled().len() as u64;
        }
        connection.conversation.0.begun.set(begun);
        assert!(Pin::new(connection).poll_flush(&mut context).is_ready());
        read
    }

    #[actix_web::test]
    async fn who_asks_for_one_thing_at_a_time_is_heard_in_full() {
        let mut connection = connection(join(repeat(b'x'), sink()));
        for _ in 0..3 {
            assert_eq!(turn(&mut connection, 1), BREATH);
        }
    }

    #[actix_web::test]
    async fn who_asks_for_many_things_at_once_is_soon_heard_for_one_at_a_turn() {
        let mut connection = connection(join(repeat(b'x'), sink()));
        assert_eq!(turn(&mut connection, 20), BREATH);
        assert_eq!(turn(&mut connection, 4), BREATH / 20);
        assert_eq!(turn(&mut connection, 4), BREATH / 20 / 4);
        assert_eq!(turn(&mut connection, 1), SHORT_BREATH);
        assert_eq!(turn(&mut connection, 0), SHORT_BREATH);
    }

    #[actix_web::test]
    async fn who_waits_for_the_answers_is_heard_in_full_again() {
        let (mut client, io) = duplex(100_000);
        let mut connection = connection(io);
        client.write_all(&b"x".repeat(20_000)).await.unwrap();
        assert_eq!(turn(&mut connection, 200), BREATH);
        while turn(&mut connection, 1) > 0 {}
        for _ in 0..8 {
            turn(&mut connection, 1);
        }
        client.write_all(&b"x".repeat(20_000)).await.unwrap();
        assert_eq!(turn(&mut connection, 1), BREATH);
    }
}
