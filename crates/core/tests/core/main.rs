//! The protocol on real databases: every test runs on SQLite and on PostgreSQL.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a journey that cannot be made fails the test"
)]

mod authorization;
mod clocks;
mod faults;
mod journey;
mod keys;
mod logging_out;
mod passwords;
mod races;
mod redemption;
mod refresh;
mod registrations;
mod sightings;
mod telling;
mod throttling;
mod traces;
