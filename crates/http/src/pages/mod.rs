//! The pages a person sees: one struct for each, rendered by askama from `templates/`.
//!
//! Owns what a page shows and its Content-Security-Policy. Does not own routes, cookies or CSRF
//! tokens: a handler passes the absolute path that a form posts to and the token that it carries.
//! Every page works without JavaScript and posts back to the dispatcher.

mod account;
mod account_select;
mod change_password;
mod consent;
mod csp;
mod error;
mod form_post;
mod landing;
mod layout;
mod login;
mod logout;
mod setup;
mod signed_out;
mod when;

pub use account::Account;
pub use account_select::AccountSelect;
pub use change_password::{ChangePassword, PasswordProblem};
pub use consent::{Consent, ScopeGroup};
pub use csp::{csp, csp_with_script};
pub use error::ErrorPage;
pub use form_post::FormPost;
pub use landing::Landing;
pub use layout::Layout;
pub use login::{Login, LoginProblem};
pub use logout::LogoutConfirm;
pub use setup::{Setup, SetupProblem};
pub use signed_out::SignedOut;
pub use when::When;

#[cfg(test)]
mod tests;
