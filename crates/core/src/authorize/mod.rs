//! From an authorization request to a code (RFC 6749 section 4.1, OIDC Core section 3.1.2).

use crate::error::{Error, ErrorCode, Refusal};
use crate::id::InteractionId;
use crate::provider::Provider;
use crate::secret::Secret;
use crate::session::Browser;

/// How the answer travels (OAuth 2.0 Multiple Response Types, Form Post).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
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
    /// The scope token.
    pub name: String,
    /// The resource it belongs to; empty for identity scopes.
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
        /// Who asks.
        client: ClientView,
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
}

/// What a user did on a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Consent given, or the shown account chosen.
    Accept,
    /// Consent refused, or login cancelled.
    Deny,
    /// Another account, please.
    OtherAccount,
}

/// Begins with the decoded parameters of GET `/authorize`, in order, duplicates included. Stores an interaction if the step
/// is a page. `Err` is a page: the redirect URI is not to be trusted.
pub fn begin(_provider: &Provider, _parameters: &[(String, String)], _browser: &Browser) -> Result<Step, Error> {
    Err(Error::refused(ErrorCode::ServerError, "stub"))
}

/// Stores the parameters of POST `/authorize`, to go on at GET `/authorize/{id}` (cookies of a cross-site POST are not sent).
pub fn park(_provider: &Provider, _parameters: &[(String, String)]) -> Result<InteractionId, Error> {
    Err(Error::refused(ErrorCode::ServerError, "stub"))
}

/// The next step of a stored interaction (GET `/authorize/{id}`): a page's data or the answer.
pub fn resume(_provider: &Provider, _interaction: &InteractionId, _browser: &Browser) -> Result<Step, Error> {
    Err(Error::refused(ErrorCode::ServerError, "stub"))
}

/// Records what the user did on the consent or account page; then answer 303 to GET `/authorize/{id}`.
pub fn decide(_provider: &Provider, _interaction: &InteractionId, _browser: &Browser, _decision: Decision) -> Result<(), Error> {
    Err(Error::refused(ErrorCode::ServerError, "stub"))
}
