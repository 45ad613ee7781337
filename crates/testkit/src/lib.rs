//! What tests stand on: scratch databases on both engines, and a [`world::World`] with a
//! provider, a frozen clock and seeded randomness. Never part of the binary.

#![allow(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test that cannot be set up has failed"
)]

pub mod database;
pub mod faulty;
pub mod held;
pub mod world;

pub use world::World;
