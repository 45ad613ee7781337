//! Signing keys: made, announced, active, retired, removed or revoked (DESIGN section 5).

pub mod algorithm;
pub mod generate;
pub mod jwks;
pub mod lifecycle;
pub mod ring;
pub mod rotate;
pub mod seal;
pub mod sign;
