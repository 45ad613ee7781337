//! What the web side counts and measures, for `/metrics` of the management listener.
//!
//! Labels come from closed sets: the table of URLs, methods, statuses, grant types, error codes.
//! Nothing that a client chooses becomes a label, so that nobody can make the set grow.

mod connections;
mod hashes;
mod hops;
mod requests;
mod tokens;

use prometheus_client::registry::Registry;

pub(crate) use connections::Connections;
pub(crate) use hashes::Hashes;
pub(crate) use hops::Hops;
pub(crate) use requests::{Requests, method_name};
pub(crate) use tokens::{Tokens, name_of as grant_type};

/// Upper bounds of the classes of a duration, in seconds: from a cached document to a login
/// that waits for its turn.
const DURATIONS: [f64; 12] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// The metrics of one server. A clone counts into the same.
#[derive(Debug, Clone, Default)]
pub struct Metrics {
    pub(crate) connections: Connections,
    pub(crate) requests: Requests,
    pub(crate) tokens: Tokens,
    pub(crate) hops: Hops,
    pub(crate) hashes: Hashes,
}

impl Metrics {
    /// Names every metric in `registry`, which adds the prefix.
    pub fn register(&self, registry: &mut Registry) {
        self.connections.register(registry);
        self.requests.register(registry);
        self.tokens.register(registry);
        self.hops.register(registry);
        self.hashes.register(registry);
    }
}
