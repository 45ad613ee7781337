//! The real binary on a scratch directory: what an operator types and sees.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "in a test whatever is not as it should be ends it there"
)]

mod audit;
mod browser;
mod clients;
mod configuration;
mod crashes;
mod demo;
mod doctor;
mod ending;
mod import;
mod keys;
mod management;
mod monitoring;
mod overload;
mod raw;
mod reconcile;
mod replicas;
mod resources;
mod rotation;
mod sandbox;
mod secrecy;
mod serve;
mod shutdown;
mod stopping;
mod sweep;
mod tls;
mod topology;
mod users;
mod visitor;
