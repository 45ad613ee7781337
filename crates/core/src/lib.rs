//! The protocol: who is asking, what may they have, and what is minted for them.
//!
//! `keywright-core` knows OAuth 2.x and OpenID Connect and nothing else. It links neither a
//! database nor a web server nor a network client; what it asks of storage is in [`store`],
//! and `http` gives it parsed requests and renders its answers.

pub mod account;
pub mod audit;
pub mod authorize;
pub mod claims;
pub mod client;
pub mod discovery;
pub mod error;
pub mod id;
pub mod interaction;
pub mod introspect;
pub mod keys;
pub mod mint;
pub mod provider;
pub mod random;
pub mod resource;
pub mod revoke;
pub mod scope;
pub mod secret;
pub mod session;
pub mod store;
pub mod sweep;
pub mod time;
pub mod token;
pub mod userinfo;
