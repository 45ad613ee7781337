//! Client authentication (RFC 6749 section 2.3): none, `client_secret_basic`,
//! `client_secret_post`.
//!
//! One refusal for every failure, so that nobody learns which clients exist.

use std::sync::Arc;

use percent_encoding::percent_decode_str;

use super::cache::Registration;
use super::metadata::AuthMethod;
use crate::error::{Error, ErrorCode, Refusal};
use crate::id::ClientId;
use crate::keys::seal::MasterKey;
use crate::provider::Provider;
use crate::secret::{Digest, Secret};
use crate::store::ClientRow;
use crate::time::Timestamp;

/// What a request showed of its client. `http` takes it out of header and body, undecoded.
#[derive(Debug, Default)]
pub struct Presented {
    /// `Authorization: Basic`: the two parts as they were before form-url-decoding.
    pub basic: Option<(String, Secret)>,
    /// `client_id` of the body.
    pub client_id: Option<String>,
    /// `client_secret` of the body.
    pub client_secret: Option<Secret>,
}

/// What is stored of a client secret: HMAC-SHA-256 under a master subkey.
///
/// # Errors
/// [`Error::Internal`] when the key derivation fails.
pub fn secret_digest(master: &MasterKey, secret: &Secret) -> Result<Digest, Error> {
    master.hmac("client secret", secret.expose().as_bytes())
}

/// Says whether a client secret that somebody chose will do: it is not hashed as slowly as a
/// password, so it must be too long to guess.
///
/// # Errors
/// What is wrong, to be said of the secret.
pub fn check_chosen_secret(secret: &Secret) -> Result<(), &'static str> {
    if secret.expose().chars().count() < 32 {
        return Err("has fewer than 32 characters");
    }
    Ok(())
}

/// The client that the request proves, enabled. A public client proves nothing but its name. To
/// be called outside transactions ([`crate::provider::Provider::registration`]).
///
/// # Errors
/// `invalid_request` when two methods are used at once, `invalid_client` for all else.
pub fn authenticate(
    provider: &Provider,
    presented: &Presented,
    now: Timestamp,
) -> Result<Arc<ClientRow>, Error> {
    match (&presented.basic, &presented.client_id, &presented.client_secret) {
        (Some(_), _, Some(_)) => Err(Error::refused(
            ErrorCode::InvalidRequest,
            "Client credentials were sent by two methods; use one",
        )),
        (Some((user, password)), named, None) => {
            let (found, presented) = find_basic(provider, user, password)?;
            if named.as_ref().is_some_and(|named| named != found.client.id.as_str()) {
                let text = "client_id differs from the client in the Authorization header";
                return Err(Error::refused(ErrorCode::InvalidRequest, text));
            }
            check_secret(provider, &found, (AuthMethod::ClientSecretBasic, &presented), now)?;
            check_enabled(&found)
        }
        (None, Some(id), Some(secret)) => {
            let found = find(provider, id)?;
            let secrets = [secret.clone()];
            check_secret(provider, &found, (AuthMethod::ClientSecretPost, &secrets), now)?;
            check_enabled(&found)
        }
        (None, Some(id), None) => {
            let found = find(provider, id)?;
            if !found.client.metadata.is_public() {
                let refusal = refusal("it must authenticate and did not");
                return Err(refusal.for_client(&found.client.id));
            }
            check_enabled(&found)
        }
        (None, None, _) => Err(refusal("no client_id and no Authorization header")),
    }
}

/// Basic credentials are form-url-encoded by RFC 6749 section 2.3.1 and raw in many clients: the
/// decoded reading of the name first, then the raw one. Returns both readings of the secret.
fn find_basic(
    provider: &Provider,
    user: &str,
    password: &Secret,
) -> Result<(Arc<Registration>, Vec<Secret>), Error> {
    let decoded = form_decode(user);
    let found = match &decoded {
        Some(id) if id != user => find(provider, id).or_else(|_| find(provider, user))?,
        _ => find(provider, user)?,
    };
    let mut secrets = vec![password.clone()];
    let decoded = form_decode(password.expose()).filter(|decoded| decoded != password.expose());
    secrets.extend(decoded.map(Secret::new));
    Ok((found, secrets))
}

fn form_decode(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

fn find(provider: &Provider, id: &str) -> Result<Arc<Registration>, Error> {
    let parsed = ClientId::parse(id);
    let parsed = parsed.map_err(|_| refusal("the client_id is not a client id"))?;
    let found = provider.registration(&parsed)?;
    found.ok_or_else(|| refusal(format!("no client {id:?}")))
}

fn check_secret(
    provider: &Provider,
    Registration { client, secrets }: &Registration,
    (method, presented): (AuthMethod, &[Secret]),
    now: Timestamp,
) -> Result<(), Error> {
    if client.metadata.token_endpoint_auth_method.is_some_and(|pinned| pinned != method) {
        return Err(refusal("it is registered for another method").for_client(&client.id));
    }
    let digests = presented
        .iter()
        .map(|secret| secret_digest(&provider.master, secret))
        .collect::<Result<Vec<_>, _>>()?;
    let known = secrets
        .iter()
        .filter(|row| row.expires_at.is_none_or(|end| now < end))
        .any(|row| digests.iter().any(|digest| row.digest.matches(digest)));
    if known { Ok(()) } else { Err(refusal("wrong secret").for_client(&client.id)) }
}

fn check_enabled(found: &Registration) -> Result<Arc<ClientRow>, Error> {
    if found.client.disabled_at.is_some() {
        return Err(refusal("it is disabled").for_client(&found.client.id));
    }
    Ok(Arc::clone(&found.client))
}

fn refusal(detail: impl Into<String>) -> Error {
    let text = "Client authentication failed: unknown client, wrong secret or wrong method";
    Refusal::new(ErrorCode::InvalidClient, text).detail(detail).into()
}
