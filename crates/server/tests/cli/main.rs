//! The real binary on a scratch directory: what an operator types and sees.

mod clients;
mod configuration;
mod keys;
mod reconcile;
mod rotation;
mod sandbox;
mod serve;
mod users;
