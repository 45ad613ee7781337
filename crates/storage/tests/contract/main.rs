//! What the doc comments of core's store traits promise, asked of both databases.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod audit;
mod clients;
mod consents;
mod corruption;
mod grants;
mod group_commit;
mod interactions;
mod keys;
mod opening;
mod outbox;
mod races;
mod rows;
mod sessions;
mod sweep;
mod throttle;
mod transactions;
mod users;
mod versions;
