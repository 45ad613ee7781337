//! From an authorization request to a code (RFC 6749 section 4.1, OIDC Core section 3.1.2).
//!
//! A dispatcher over a stored interaction: `begin` validates and stores, [`prompt::next`]
//! decides, every page posts back and returns here. Nothing is stored for a request that is
//! answered at once.

pub mod acr;
pub mod code;
pub mod consent;
mod dispatch;
pub mod parameters;
pub mod prompt;
pub mod request;
pub mod target;

use serde::{Deserialize, Serialize};

pub use acr::ACR_SINGLE_FACTOR;
pub use dispatch::{begin, decide, park, resume};

use crate::account::visit::Place;
use crate::error::Refusal;
use crate::id::InteractionId;
use crate::secret::Secret;

/// How the answer travels (OAuth 2.0 Multiple Response Types, Form Post).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseMode {
    /// 303 with the parameters in the query.
    #[default]
    Query,
    /// 303 with the parameters in the fragment.
    Fragment,
    /// A page that posts them.
    FormPost,
}

/// An authorization response, success or error.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Where to; verified against the registration.
    pub redirect_uri: String,
    /// How.
    pub mode: ResponseMode,
    /// `code`, `state`, `iss`, `error`, `error_description`, in this order, those that exist.
    pub parameters: Vec<(&'static str, Secret)>,
    /// The refusal that it carries, for the log.
    pub refusal: Option<Refusal>,
}

/// What a page about a request shows of its client.
#[derive(Debug, Clone)]
pub struct ClientView {
    /// `client_name`, or the client id.
    pub name: String,
    /// Its home page.
    pub uri: Option<String>,
    /// Its terms.
    pub tos_uri: Option<String>,
    /// Its privacy policy.
    pub policy_uri: Option<String>,
    /// Host (or scheme, for a private-use one) that the answer goes to, in words for the user.
    pub redirect_host: String,
    /// The verified redirect URI, for the page's `form-action`.
    pub redirect_uri: String,
}

/// Something the user is asked to agree to.
#[derive(Debug, Clone)]
pub struct ScopeView {
    /// The scope token, or the name of a claim that was asked for by itself.
    pub name: String,
    /// The resource it belongs to; empty for identity scopes and claims.
    pub resource: String,
    /// What it allows, as a phrase.
    pub description: String,
}

/// What the dispatcher wants next.
#[derive(Debug)]
pub enum Step {
    /// Show the login page.
    Login {
        /// The interaction.
        interaction: InteractionId,
        /// Who asks; `None` for a page of our own.
        client: Option<ClientView>,
        /// What to prefill: `login_hint`, or the login name of the session to confirm.
        login: Option<String>,
        /// `ui_locales` of the request.
        ui_locales: Option<String>,
    },
    /// Show the current account and offer another.
    SelectAccount {
        /// The interaction.
        interaction: InteractionId,
        /// Who asks.
        client: ClientView,
        /// Login name of the session.
        login: String,
        /// `ui_locales` of the request.
        ui_locales: Option<String>,
    },
    /// Show the consent page.
    Consent {
        /// The interaction.
        interaction: InteractionId,
        /// Who asks.
        client: ClientView,
        /// Login name of the session.
        login: String,
        /// What is asked for.
        scopes: Vec<ScopeView>,
        /// `ui_locales` of the request.
        ui_locales: Option<String>,
    },
    /// Answer the client.
    Answer(Answer),
    /// Go on to a page of our own.
    Return(Place),
}

/// What a user did on a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Consent given. Says nothing on another page: a double click agrees to nothing unseen.
    Consent,
    /// The shown account chosen.
    ChooseAccount,
    /// Consent refused, or login cancelled.
    Deny,
    /// Another account, please.
    OtherAccount,
}
