//! The endpoints as a client sees them: a real server on loopback, over a scratch database.

mod authorize;
mod cors;
mod documents;
mod introspect;
mod login;
mod logout;
mod malformed;
mod site;
mod stock_client;
mod token;
mod userinfo;
