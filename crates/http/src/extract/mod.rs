//! Taking requests apart: parameters, client credentials, bearer tokens, cookies.
//!
//! What is malformed is refused here with the code of its RFC and never reaches the protocol.

mod authorization;
pub(crate) mod bearer;
pub(crate) mod browser;
pub(crate) mod caller;
pub(crate) mod client;
pub(crate) mod client_form;
pub(crate) mod form;
pub(crate) mod own_form;
pub(crate) mod parameters;
pub(crate) mod token_request;
