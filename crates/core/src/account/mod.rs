//! Users as people who log in, and what they may see and do about themselves.

pub mod applications;
pub mod browser_name;
pub mod change_password;
pub mod known_device;
pub mod login;
pub mod overview;
pub mod password;
pub mod sessions;
pub mod setup;
pub mod throttle;
pub mod user;
pub mod visit;
