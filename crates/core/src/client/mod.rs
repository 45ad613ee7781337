//! Clients: who is asking, and may they.

pub mod authenticate;
pub mod cache;
pub mod metadata;
pub mod redirect_uri;
