//! The protocol on real databases: every test runs on SQLite and on PostgreSQL.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a journey that cannot be made fails the test"
)]

mod ahead;
mod authentication_class;
mod authorization;
mod claims_parameter;
mod clocks;
mod faults;
mod flat_claims;
mod journey;
mod keys;
mod known_faults;
mod lifetimes;
mod logging_out;
mod opaque_tokens;
mod own_account;
mod parsers;
mod passwords;
mod races;
mod redemption;
mod refresh;
mod registrations;
mod secrets;
mod setting_up;
mod sightings;
mod telling;
mod throttling;
mod traces;
