//! The web side of Keywright: endpoints, pages, extractors, middleware.
//!
//! `keywright-http` parses a request, makes the one hop to a thread that may block, lets
//! `keywright-core` decide, and renders the answer. It knows no database. [`serve`] is the way in.

mod connection;
mod endpoints;
mod error;
mod extract;
mod hash_queue;
mod hop;
mod listener;
mod management;
mod metrics;
mod middleware;
pub mod pages;
mod publish;
mod routes;
mod serve;
mod state;
mod tls;
mod trusted_proxies;

pub use hash_queue::{HashQueue, Overloaded, Place};
pub use management::{Check, Management};
pub use metrics::Metrics;
pub use middleware::limit::Limits;
pub use serve::{ServerOptions, Serving, serve};
pub use tls::{ServerCertificate, TlsError, certificate_expiry};
pub use trusted_proxies::{ForwardedHeader, Network, TrustedProxies};
