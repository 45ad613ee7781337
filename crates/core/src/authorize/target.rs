//! Where an answer may go: client and redirect URI, checked before anything else. What fails
//! here is a page, never a redirect (RFC 6749 section 4.1.2.1).

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::parameters::Parameters;
use super::{Answer, ResponseMode};
use crate::client::redirect_uri;
use crate::error::{Error, ErrorCode, Refusal};
use crate::id::ClientId;
use crate::provider::Provider;
use crate::secret::Secret;
use crate::store::ClientRow;

/// A verified destination.
#[derive(Debug)]
pub struct Target {
    /// Who asks.
    pub client: Arc<ClientRow>,
    /// Where the answer goes, as the request wrote it.
    pub redirect_uri: String,
    /// Whether the request named it.
    pub redirect_uri_given: bool,
    /// How the answer travels.
    pub mode: ResponseMode,
    /// `state`, if it was sent once.
    pub state: Option<String>,
}

/// Finds the client and checks the redirect URI. To be called outside transactions
/// ([`crate::provider::Provider::registration`]).
///
/// # Errors
/// `invalid_request` or `invalid_client`, to be shown on a page.
pub fn find(provider: &Provider, parameters: &Parameters<'_>) -> Result<Target, Error> {
    for name in ["client_id", "redirect_uri"] {
        if parameters.is_repeated(name) {
            let text = format!("{name} was sent more than once");
            return Err(Error::refused(ErrorCode::InvalidRequest, text));
        }
    }
    let Some(id) = parameters.get("client_id") else {
        return Err(Error::refused(ErrorCode::InvalidRequest, "client_id is missing"));
    };
    let parsed = ClientId::parse(id).ok();
    let found = parsed.map(|id| provider.registration(&id)).transpose()?.flatten();
    let client = found.map(|found| Arc::clone(&found.client));
    let client = client.filter(|client| client.disabled_at.is_none()).ok_or_else(|| {
        let text = "The application is not registered here, or it is disabled";
        Refusal::new(ErrorCode::InvalidClient, text).detail(format!("client_id {id:?}"))
    })?;
    let (redirect_uri, redirect_uri_given) =
        check_redirect_uri(&client, parameters).map_err(|error| error.for_client(&client.id))?;
    let mode = mode(parameters.get("response_mode"));
    let state = if parameters.is_repeated("state") { None } else { parameters.get("state") };
    let state = state.and_then(printable);
    Ok(Target { client, redirect_uri, redirect_uri_given, mode, state })
}

fn mode(text: Option<&str>) -> ResponseMode {
    match text {
        Some("fragment") => ResponseMode::Fragment,
        Some("form_post") => ResponseMode::FormPost,
        _ => ResponseMode::Query,
    }
}

fn printable(state: &str) -> Option<String> {
    (!state.chars().any(char::is_control)).then(|| state.to_owned())
}

/// How the refusal of a request travels. Who wrote that into a request object (OIDC Core section
/// 6.1), and not beside it, is to understand that there are none here: of an object, which nobody
/// verifies, this alone is read.
pub fn for_refusal(target: &Target, parameters: &Parameters<'_>) -> (ResponseMode, Option<String>) {
    let object = parameters.get("request").and_then(payload).unwrap_or_default();
    let text = |name: &str| object.get(name).and_then(Value::as_str);
    let beside = parameters.get("response_mode").is_some();
    let mode = if beside { target.mode } else { mode(text("response_mode")) };
    let state = match parameters.get("state") {
        Some(_) => target.state.clone(),
        None => text("state").and_then(printable),
    };
    (mode, state)
}

fn payload(jwt: &str) -> Option<Map<String, Value>> {
    let payload = URL_SAFE_NO_PAD.decode(jwt.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&payload).ok()
}

/// The registered one may go without saying (RFC 6749 section 3.1.2.3), but not in an OpenID
/// request (OIDC Core section 3.1.2.1).
fn check_redirect_uri(
    client: &ClientRow,
    parameters: &Parameters<'_>,
) -> Result<(String, bool), Error> {
    let registered = &client.metadata.redirect_uris;
    let scope = parameters.get("scope").unwrap_or_default();
    let is_openid = scope.split(' ').any(|scope| scope == "openid");
    match (parameters.get("redirect_uri"), registered.as_slice()) {
        (Some(uri), _) if registered.iter().any(|r| redirect_uri::matches(r, uri)) => {
            Ok((uri.to_owned(), true))
        }
        (None, [only]) if !is_openid => Ok((only.clone(), false)),
        (None, _) => Err(Error::refused(ErrorCode::InvalidRequest, "redirect_uri is missing")),
        (Some(uri), _) => {
            let text = "The redirect_uri is not registered for this application";
            let detail = redirect_uri::difference(registered, uri);
            Err(Refusal::new(ErrorCode::InvalidRequest, text).detail(detail).into())
        }
    }
}

/// An error response, with `state` and `iss` (RFC 9207).
pub fn refuse(
    provider: &Provider,
    (redirect_uri, mode, state): (&str, ResponseMode, Option<&str>),
    refusal: Refusal,
) -> Answer {
    let mut parameters = vec![
        ("error", Secret::new(refusal.code.as_str())),
        ("error_description", Secret::new(refusal.description.as_ref())),
    ];
    parameters.extend(state.map(|state| ("state", Secret::new(state))));
    parameters.push(("iss", Secret::new(provider.settings.issuer.as_str())));
    Answer { redirect_uri: redirect_uri.to_owned(), mode, parameters, refusal: Some(refusal) }
}
