//! A validated authorization request (RFC 6749 section 4.1.1, OIDC Core section 3.1.2.1).

use serde::{Deserialize, Serialize};

use super::ResponseMode;
use super::acr::AcrWish;
use super::parameters::Parameters;
use super::target::Target;
use crate::claims::request::ClaimsRequest;
use crate::client::metadata::{ClientMetadata, GrantType};
use crate::error::{Error, ErrorCode, Refusal};
use crate::id::{ClientId, Subject};
use crate::mint::{audience, id_token};
use crate::provider::{Provider, Snapshot};
use crate::resource::Resource;
use crate::scope::{STANDARD, ScopeSet};
use crate::time::Seconds;
use crate::token::pkce;
use crate::token::resolve::has_audience;

/// `prompt` (OIDC Core section 3.1.2.1), parsed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "a set of four independent wishes")]
pub struct Prompt {
    /// Show nothing.
    pub none: bool,
    /// Authenticate again.
    pub login: bool,
    /// Ask for consent again.
    pub consent: bool,
    /// Let the user choose the account.
    pub select_account: bool,
}

/// Everything that the rest of the flow needs of the request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Who asks.
    pub client_id: ClientId,
    /// Where the answer goes.
    pub redirect_uri: String,
    /// Whether the request named it.
    pub redirect_uri_given: bool,
    /// How the answer travels.
    pub mode: ResponseMode,
    /// `state`.
    pub state: Option<String>,
    /// `nonce`.
    pub nonce: Option<String>,
    /// The requested scopes that exist and that the client may have.
    pub scopes: ScopeSet,
    /// Identifiers of the requested resources.
    pub resources: Vec<String>,
    /// PKCE challenge, S256.
    pub challenge: Option<String>,
    /// `prompt`.
    pub prompt: Prompt,
    /// `max_age`, or the client's `default_max_age`.
    pub max_age: Option<Seconds>,
    /// `claims`: of what was asked for, what the client may have. Empty without `openid`.
    #[serde(default)]
    pub claims: ClaimsRequest,
    /// What `acr` shall be.
    #[serde(default)]
    pub acr: AcrWish,
    /// `login_hint`.
    pub login_hint: Option<String>,
    /// `sub` of the `id_token_hint`.
    pub hinted: Option<Subject>,
    /// `ui_locales`.
    pub ui_locales: Option<String>,
}

/// Validates what comes after the target. Its errors go to the redirect URI.
///
/// # Errors
/// `invalid_request`, `request_not_supported`, `request_uri_not_supported`,
/// `registration_not_supported`, `unsupported_response_type`, `unauthorized_client`,
/// `invalid_scope`, `invalid_target`.
pub fn validate(
    (provider, snapshot): (&Provider, &Snapshot),
    target: &Target,
    parameters: &Parameters<'_>,
) -> Result<Request, Error> {
    check_form(target, parameters)?;
    let metadata = &target.client.metadata;
    let resources: Vec<String> = parameters.all("resource").map(str::to_owned).collect();
    let named = audience::named(snapshot, metadata, &resources)?;
    let text = |name: &str| parameters.get(name).map(str::to_owned);
    let scopes = scopes(snapshot, (metadata, &named), parameters.get("scope"))?;
    let claims = claims(metadata, &scopes, parameters.get("claims"))?;
    Ok(Request {
        client_id: target.client.id.clone(),
        redirect_uri: target.redirect_uri.clone(),
        redirect_uri_given: target.redirect_uri_given,
        mode: target.mode,
        state: target.state.clone(),
        nonce: text("nonce"),
        scopes,
        resources: named.iter().map(|resource| resource.identifier.clone()).collect(),
        challenge: challenge(metadata, parameters)?,
        prompt: prompt(parameters.get("prompt"))?,
        max_age: max_age(parameters.get("max_age"))?.or(metadata.default_max_age),
        acr: AcrWish::new(&claims, parameters.get("acr_values"), metadata),
        claims,
        login_hint: text("login_hint"),
        hinted: hint((provider, snapshot), &target.client.id, parameters.get("id_token_hint"))?,
        ui_locales: text("ui_locales"),
    })
}

fn check_form(target: &Target, parameters: &Parameters<'_>) -> Result<(), Error> {
    let refuse = |code, text: String| Err(Error::refused(code, text));
    parameters.check_form()?;
    let unsupported = [
        ("request", ErrorCode::RequestNotSupported),
        ("request_uri", ErrorCode::RequestUriNotSupported),
        ("registration", ErrorCode::RegistrationNotSupported),
    ];
    for (name, code) in unsupported {
        if parameters.get(name).is_some() {
            return refuse(code, format!("{name} is not supported"));
        }
    }
    if !matches!(parameters.get("response_mode"), None | Some("query" | "fragment" | "form_post")) {
        return refuse(ErrorCode::InvalidRequest, "response_mode is not supported".into());
    }
    match parameters.get("response_type") {
        None => return refuse(ErrorCode::InvalidRequest, "response_type is missing".into()),
        Some("code") => {}
        Some(_) => {
            let text = "Only response_type code is supported".into();
            return refuse(ErrorCode::UnsupportedResponseType, text);
        }
    }
    if !target.client.metadata.allows(GrantType::AuthorizationCode) {
        let text = "This client is not registered for authorization_code".into();
        return refuse(ErrorCode::UnauthorizedClient, text);
    }
    Ok(())
}

/// Keeps the scopes that exist, at a named resource if there is one, and that the client may
/// have. None left is refused, and in strict mode any that is dropped.
fn scopes(
    snapshot: &Snapshot,
    (client, named): (&ClientMetadata, &[&Resource]),
    requested: Option<&str>,
) -> Result<ScopeSet, Error> {
    let requested = ScopeSet::parse(requested.unwrap_or_default())?;
    let registered = client.scope.as_deref().map(ScopeSet::parse).transpose()?;
    let known = |scope: &str| {
        let of_resource = || {
            let mut mine = snapshot.resources.iter().filter(|r| {
                audience::may_have(client, r) && (named.is_empty() || named.contains(r))
            });
            mine.any(|r| r.scopes.iter().any(|s| s.name == scope))
        };
        let exists = STANDARD.contains(&scope) || of_resource();
        exists
            && registered.as_ref().is_none_or(|set| set.contains(scope))
            && (scope != "offline_access" || client.allows(GrantType::RefreshToken))
    };
    let granted = requested.filter(known);
    let nothing_left = granted.is_empty() && !requested.is_empty();
    if nothing_left || (client.strict_scope && granted.len() != requested.len()) {
        let text = "A requested scope is unknown or not available to this client";
        let missing = requested.filter(|scope| !granted.contains(scope));
        let refusal = Refusal::new(ErrorCode::InvalidScope, text);
        return Err(refusal.detail(format!("not granted: {missing}")).into());
    }
    Ok(granted)
}

/// Without `openid` there is neither an ID token nor UserInfo, where claims could be.
fn claims(
    client: &ClientMetadata,
    scopes: &ScopeSet,
    text: Option<&str>,
) -> Result<ClaimsRequest, Error> {
    let claims = text.map(ClaimsRequest::parse).transpose()?.unwrap_or_default();
    let claims = if scopes.contains("openid") { claims } else { ClaimsRequest::default() };
    Ok(claims.available_to(client))
}

fn challenge(
    client: &ClientMetadata,
    parameters: &Parameters<'_>,
) -> Result<Option<String>, Error> {
    let refuse = |text: &'static str| Err(Error::refused(ErrorCode::InvalidRequest, text));
    match (parameters.get("code_challenge"), parameters.get("code_challenge_method")) {
        (Some(challenge), Some("S256")) if pkce::is_challenge(challenge) => {
            Ok(Some(challenge.to_owned()))
        }
        (Some(_), Some("S256")) => refuse("code_challenge is not a SHA-256 in base64url"),
        (Some(_), _) => refuse("code_challenge_method must be S256"),
        (None, Some(_)) => refuse("code_challenge is missing"),
        (None, None) if client.require_pkce || client.is_public() => {
            refuse("code_challenge is missing: this client must use PKCE with S256")
        }
        (None, None) => Ok(None),
    }
}

fn prompt(text: Option<&str>) -> Result<Prompt, Error> {
    let mut prompt = Prompt::default();
    for word in text.unwrap_or_default().split(' ').filter(|word| !word.is_empty()) {
        match word {
            "none" => prompt.none = true,
            "login" => prompt.login = true,
            "consent" => prompt.consent = true,
            "select_account" => prompt.select_account = true,
            _ => {
                let text = "prompt has a value other than none, login, consent, select_account";
                return Err(Error::refused(ErrorCode::InvalidRequest, text));
            }
        }
    }
    if prompt.none && prompt != (Prompt { none: true, ..Prompt::default() }) {
        let text = "prompt=none cannot be combined with another value";
        return Err(Error::refused(ErrorCode::InvalidRequest, text));
    }
    Ok(prompt)
}

fn max_age(text: Option<&str>) -> Result<Option<Seconds>, Error> {
    let Some(text) = text else { return Ok(None) };
    let seconds = text.parse::<u32>().map_err(|_| {
        let text = "max_age must be a whole number of seconds";
        Error::refused(ErrorCode::InvalidRequest, text)
    })?;
    Ok(Some(Seconds(seconds.into())))
}

/// The subject of an ID token that we issued to this client, expired or not.
fn hint(
    (provider, snapshot): (&Provider, &Snapshot),
    client: &ClientId,
    hint: Option<&str>,
) -> Result<Option<Subject>, Error> {
    let Some(hint) = hint else { return Ok(None) };
    let verified = snapshot.keys.verify(hint, id_token::TYP, true);
    let text = |claims: &serde_json::Map<String, serde_json::Value>, name: &str| {
        claims.get(name).and_then(serde_json::Value::as_str).map(str::to_owned)
    };
    let ours = verified.filter(|claims| {
        text(claims, "iss").as_ref() == Some(&provider.settings.issuer)
            && has_audience(claims, client.as_str())
    });
    let subject = ours.and_then(|claims| text(&claims, "sub")).map(Subject::new);
    if subject.is_none() {
        let text = "id_token_hint is not an ID token that was issued to this client";
        return Err(Error::refused(ErrorCode::InvalidRequest, text));
    }
    Ok(subject)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompt_none_stands_alone() {
        assert!(prompt(Some("none")).unwrap().none);
        assert!(prompt(Some("none login")).is_err());
        assert!(prompt(Some("sing")).is_err());
        let both = prompt(Some("login  consent")).unwrap();
        assert!(both.login && both.consent && !both.none);
    }

    #[test]
    fn max_age_is_a_whole_number_of_seconds() {
        assert_eq!(max_age(Some("0")).unwrap(), Some(Seconds(0)));
        assert_eq!(max_age(None).unwrap(), None);
        for bad in ["-1", "1.5", "abc", "99999999999999999999"] {
            assert!(max_age(Some(bad)).is_err(), "{bad}");
        }
    }
}
