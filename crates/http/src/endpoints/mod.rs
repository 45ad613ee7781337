//! One file per endpoint: parse, hop, render.

pub(crate) mod account;
pub(crate) mod account_select;
pub(crate) mod answer;
pub(crate) mod assets;
pub(crate) mod authorize;
pub(crate) mod consent;
pub(crate) mod discovery;
pub(crate) mod interaction;
pub(crate) mod introspect;
pub(crate) mod jwks;
pub(crate) mod landing;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod rendering;
pub(crate) mod revoke;
pub(crate) mod setup;
pub(crate) mod step;
pub(crate) mod token;
pub(crate) mod userinfo;
