//! Building and signing tokens. Deciding who gets one is the business of [`crate::token`].

pub mod access_token;
pub mod audience;
pub mod hashes;
pub mod id_token;
pub mod opaque;
