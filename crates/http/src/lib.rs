//! The web side of Keywright: endpoints, pages, extractors, middleware.
//!
//! `keywright-http` parses a request, makes the one hop to a thread that may block, lets
//! `keywright-core` decide, and renders the answer. It knows no database. [`serve`] is the way in.

mod hash_queue;
pub mod pages;
mod serve;

pub use hash_queue::{HashQueue, Overloaded};
pub use serve::{ServerOptions, Serving, serve};
