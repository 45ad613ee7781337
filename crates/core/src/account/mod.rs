//! Users as people who log in.

pub mod known_device;
pub mod login;
pub mod password;
pub mod throttle;
pub mod user;
