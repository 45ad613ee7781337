//! The public listener: its options, and what answers.

use std::io;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::{App, web};
use keywright_core::provider::Provider;
use tracing_actix_web::TracingLogger;

use crate::extract::form::BodyTimeout;
use crate::hash_queue::HashQueue;
use crate::hop::Hop;
use crate::listener;
use crate::metrics::Metrics;
use crate::middleware::limit::{Limiters, Limits};
use crate::middleware::{every_request, trace};
use crate::routes;
use crate::state::State;
use crate::tls::ServerCertificate;
use crate::trusted_proxies::TrustedProxies;

/// How the public listener runs.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    /// Where to listen; port 0 takes any free one.
    pub listen: Vec<SocketAddr>,
    /// Threads that speak HTTP.
    pub workers: usize,
    /// How many requests may be at the database at once.
    pub hops: usize,
    /// How many may wait for their turn; a further one is answered 503 at once.
    pub hop_queue: usize,
    /// How long a request waits for its turn, or a login for a place, before it is answered 503.
    pub hop_wait: Duration,
    /// Low-priority threads that hash passwords.
    pub hash_threads: usize,
    /// How many logins may wait for one of them; a further one that finds no place within
    /// `hop_wait` is answered 503.
    pub hash_queue: usize,
    /// How many connections may be open at once; more wait until one ends.
    pub connections: usize,
    /// How long a client may take to send its request head, and before it to agree on TLS.
    pub request_timeout: Duration,
    /// How long the body of a request may take.
    pub body_timeout: Duration,
    /// How long a client that does not keep up may take to receive its answers.
    pub response_timeout: Duration,
    /// How long an idle connection is kept.
    pub keep_alive: Duration,
    /// How long requests under way may take to end after a stop.
    pub shutdown_timeout: Duration,
    /// Whose word counts for where a request comes from.
    pub trusted_proxies: TrustedProxies,
    /// How many requests one network may send.
    pub limits: Limits,
    /// Whether SIGINT, SIGTERM and SIGQUIT stop the server; a test says no.
    pub signals: bool,
    /// The certificate, when TLS is spoken.
    pub tls: Option<Arc<ServerCertificate>>,
    /// What is counted and measured.
    pub metrics: Metrics,
}

impl ServerOptions {
    /// The defaults for this machine.
    pub fn new(listen: Vec<SocketAddr>) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self {
            listen,
            workers: cores,
            hops: cores + 2,
            hop_queue: 1024,
            hop_wait: Duration::from_secs(1),
            hash_threads: cores,
            hash_queue: 64,
            connections: 16_000,
            request_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(15),
            response_timeout: Duration::from_secs(30),
            keep_alive: Duration::from_secs(75),
            shutdown_timeout: Duration::from_secs(20),
            trusted_proxies: TrustedProxies::default(),
            limits: Limits::default(),
            signals: true,
            tls: None,
            metrics: Metrics::default(),
        }
    }
}

/// A listener that accepts connections.
pub struct Serving {
    /// The addresses that were bound, with the ports that were taken.
    pub addresses: Vec<SocketAddr>,
    /// Ends when the server was stopped; it must be polled. [`Server::handle`] stops it.
    pub server: Server,
}

/// Binds and serves. Needs a Tokio runtime (`actix_web::rt::System` is one).
///
/// # Errors
/// When an address cannot be bound, a hashing thread cannot be started or OpenSSL fails.
pub fn serve(options: &ServerOptions, provider: Provider) -> io::Result<Serving> {
    let metrics = options.metrics.clone();
    let connections = metrics.connections.clone();
    let hashes = HashQueue::start(options.hash_threads, options.hash_queue)?;
    let hashes = hashes.patient(options.hop_wait).measured(metrics.hashes.clone());
    let hop = Hop::new(options.hops, options.hop_queue, options.hop_wait, metrics.hops.clone());
    let proxies = options.trusted_proxies.clone();
    let state = web::Data::new(State::new(provider, hop, hashes, metrics, proxies));
    let limiters = Limiters::new(&options.limits)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "a limit is out of range"))?;
    actix_web::rt::spawn(Limiters::keep_small(Arc::downgrade(&limiters)));
    let body_timeout = BodyTimeout(options.body_timeout);
    let app = move || {
        App::new()
            .app_data(state.clone())
            .app_data(body_timeout)
            .configure(|app| routes::configure(app, &state, &limiters))
            .wrap(from_fn(every_request::around))
            .wrap(TracingLogger::<trace::RootSpan>::new())
    };
    listener::serve(options, &connections, app)
}
