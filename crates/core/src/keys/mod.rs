//! Signing keys: made, announced, active, retired, removed or revoked.

pub mod algorithm;
pub mod generate;
pub mod jwks;
pub mod lifecycle;
pub mod ring;
pub mod rotate;
pub mod seal;
pub mod sign;
