//! The endpoints as a client sees them: a real server on loopback, over a scratch database.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a site that cannot be set up or an answer that cannot be read fails the test"
)]

mod account;
mod authorize;
mod claims;
mod cors;
mod documents;
mod flood;
mod introspect;
mod limits;
mod login;
mod logout;
mod malformed;
mod opaque_tokens;
mod setup;
mod site;
mod stock_client;
mod throttle;
mod token;
mod userinfo;
