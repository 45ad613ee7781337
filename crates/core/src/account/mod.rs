//! Users as people who log in.

pub mod login;
pub mod password;
pub mod user;
