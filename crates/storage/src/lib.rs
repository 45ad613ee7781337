//! Diesel: what core asks a database to promise, on SQLite and PostgreSQL.
//!
//! Owns connections, transactions, migrations and the translation between rows and core's
//! types. Decides nothing: each verb of `keywright_core::store` is a few statements, one file per
//! trait. Which database it is, no verb asks; how SQLite's writers share a commit, only
//! `group_commit.rs` knows.

mod audit;
mod clients;
mod column;
mod consents;
mod database;
mod db;
mod examine;
mod failure;
mod grants;
mod group_commit;
mod interactions;
mod keys;
mod migrate;
mod outbox;
mod prepared;
mod redeemables;
mod resources;
mod schema;
mod sessions;
mod sweep;
mod throttle;
mod transaction;
mod users;
mod versions;

pub use database::{Database, Options, PoolState};
pub use examine::Examination;
pub use group_commit::{Commit, CommitObserver};
pub use migrate::Schema;
