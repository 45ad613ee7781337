//! The protocol on real databases: every test runs on SQLite and on PostgreSQL.

mod authorization;
mod journey;
mod keys;
mod logging_out;
mod races;
mod redemption;
mod refresh;
mod sightings;
