//! RP-initiated logout (OIDC RP-Initiated Logout 1.0).
//!
//! A valid `id_token_hint` for the session at hand logs out at once; anything else asks the
//! user first, so that no page elsewhere can log people out.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::Url;

use crate::audit::{Event, Kind};
use crate::authorize::parameters::Parameters;
use crate::client::redirect_uri;
use crate::error::{Error, ErrorCode};
use crate::id::{ClientId, InteractionId, Sid};
use crate::interaction::{self, Document};
use crate::mint::id_token;
use crate::provider::Provider;
use crate::session::{self, Browser};
use crate::store::{ClientRow, SessionRow, StoreExt as _, Tx, UserRow};
use crate::time::Timestamp;

/// A logout that waits for its confirmation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// Where to go afterwards, verified.
    pub redirect: Option<String>,
    /// The client that asks, by its name.
    pub client_name: Option<String>,
}

/// What comes next.
#[derive(Debug)]
pub enum LogoutStep {
    /// Ask the user (no hint that proves who asks).
    Confirm {
        /// The pending logout; POST `/logout/{id}` confirms.
        interaction: InteractionId,
        /// Who is logged in.
        login: String,
        /// The client that asks, if it is known.
        client_name: Option<String>,
        /// Where a confirmed logout will lead, verified; for the page's `form-action`.
        redirect: Option<String>,
    },
    /// Logged out (or never in): clear the session cookie and go to `redirect` (303), or show
    /// the "you are logged out" page.
    Done {
        /// Verified post-logout redirect URI with `state`.
        redirect: Option<String>,
    },
}

/// Begins with the decoded parameters of GET `/logout`.
///
/// # Errors
/// `invalid_request` on a page for a hint, client or redirect URI that is not good.
pub fn begin(
    provider: &Provider,
    parameters: &[(String, String)],
    browser: &Browser,
) -> Result<LogoutStep, Error> {
    start(provider, parameters, browser, None)
}

/// Begins; with `parked`, in place of that interaction.
fn start(
    provider: &Provider,
    parameters: &[(String, String)],
    browser: &Browser,
    parked: Option<&InteractionId>,
) -> Result<LogoutStep, Error> {
    interaction::check_length(parameters)?;
    let now = provider.now();
    let parameters = Parameters(parameters);
    parameters.check_form()?;
    let hint = parameters.get("id_token_hint").map(|hint| verify(provider, hint)).transpose()?;
    provider.store.write(|tx| {
        interaction::take(tx, parked)?;
        let client = client(tx, &parameters, hint.as_deref())?;
        let redirect = redirect(client.as_ref(), &parameters)?;
        let Some((session, user)) = session::current(provider, tx, browser, now)? else {
            if let Some(hint) = &hint {
                end_named(provider, tx, hint, now)?;
            }
            end_shown(provider, tx, browser, now)?;
            return Ok(LogoutStep::Done { redirect });
        };
        if hint.as_ref().is_some_and(|hint| names(hint, &session, &user)) {
            end(provider, tx, &session, now)?;
            return Ok(LogoutStep::Done { redirect });
        }
        let client_name = client.map(|client| client.name().to_owned());
        let document = Document::Logout(Pending {
            redirect: redirect.clone(),
            client_name: client_name.clone(),
        });
        let device = browser.device.digest();
        let interaction = interaction::insert(provider, tx, device, &document, now)?;
        Ok(LogoutStep::Confirm { interaction, login: user.login, client_name, redirect })
    })
}

/// Stores the parameters of POST `/logout`, to go on at GET `/logout/{id}`.
///
/// # Errors
/// `invalid_request` on a page, as [`begin`]: what cannot succeed is not stored.
pub fn park(provider: &Provider, parameters: &[(String, String)]) -> Result<InteractionId, Error> {
    let view = Parameters(parameters);
    view.check_form()?;
    let hint = view.get("id_token_hint").map(|hint| verify(provider, hint)).transpose()?;
    provider.store.read(|tx| {
        let client = client(tx, &view, hint.as_deref())?;
        redirect(client.as_ref(), &view)
    })?;
    interaction::park(provider, parameters)
}

/// GET `/logout/{id}`: a parked request begins, a pending one asks again.
///
/// # Errors
/// `invalid_request` on a page when it is over or another browser's.
pub fn resume(
    provider: &Provider,
    id: &InteractionId,
    browser: &Browser,
) -> Result<LogoutStep, Error> {
    if let Some(parameters) = interaction::parked(provider, id, browser)? {
        return start(provider, &parameters, browser, Some(id));
    }
    let now = provider.now();
    provider.store.read(|tx| {
        let pending = pending(tx, id, browser, now)?;
        Ok(match session::current(provider, tx, browser, now)? {
            None => LogoutStep::Done { redirect: pending.redirect },
            Some((_, user)) => LogoutStep::Confirm {
                interaction: id.clone(),
                login: user.login,
                client_name: pending.client_name,
                redirect: pending.redirect,
            },
        })
    })
}

/// POST `/logout/{id}`: the user confirmed.
///
/// # Errors
/// `invalid_request` on a page when it is over or another browser's.
pub fn confirm(
    provider: &Provider,
    id: &InteractionId,
    browser: &Browser,
) -> Result<LogoutStep, Error> {
    let now = provider.now();
    provider.store.write(|tx| {
        let pending = pending(tx, id, browser, now)?;
        if tx.claim_interaction(id)? {
            end_shown(provider, tx, browser, now)?;
        }
        Ok(LogoutStep::Done { redirect: pending.redirect })
    })
}

fn pending(
    tx: &mut dyn Tx,
    id: &InteractionId,
    browser: &Browser,
    now: Timestamp,
) -> Result<Pending, Error> {
    match interaction::find(tx, id, browser, now)?.1 {
        Document::Logout(pending) => Ok(pending),
        _ => Err(Error::refused(ErrorCode::InvalidRequest, "This page is not part of a logout")),
    }
}

/// Ends the session that the hint was issued in, for a browser that is logged in to none: its cookie
/// may be gone, or the session idle, and its refresh tokens still alive.
fn end_named(
    provider: &Provider,
    tx: &mut dyn Tx,
    hint: &Map<String, Value>,
    now: Timestamp,
) -> Result<(), Error> {
    let sid = text(hint, "sid").map(Sid::new);
    let named = sid.map(|sid| tx.find_session_by_sid(&sid)).transpose()?.flatten();
    let Some(session) = named else { return Ok(()) };
    match tx.find_user(&session.user_id)? {
        Some(user) if names(hint, &session, &user) => end(provider, tx, &session, now),
        _ => Ok(()),
    }
}

/// Ends the session that the browser shows, idle or not.
fn end_shown(
    provider: &Provider,
    tx: &mut dyn Tx,
    browser: &Browser,
    now: Timestamp,
) -> Result<(), Error> {
    match session::shown(tx, browser)? {
        Some(session) => end(provider, tx, &session, now),
        None => Ok(()),
    }
}

/// Ends a session as its own browser's logout, recorded.
///
/// # Errors
/// [`Error::Store`] when the database fails.
pub(crate) fn end(
    provider: &Provider,
    tx: &mut dyn Tx,
    session: &SessionRow,
    now: Timestamp,
) -> Result<(), Error> {
    tx.end_session(session, now)?;
    Event::new(Kind::Logout).user(&session.user_id).record(provider, tx, now)
}

/// The claims of an ID token of ours, expired or not, its key rotated out or not.
fn verify(provider: &Provider, hint: &str) -> Result<Arc<Map<String, Value>>, Error> {
    let snapshot = provider.snapshot()?;
    let verified = snapshot.keys.verify(hint, id_token::TYP, true);
    verified.filter(|claims| text(claims, "iss") == Some(&provider.settings.issuer)).ok_or_else(
        || {
            let text = "id_token_hint is not an ID token of this server";
            Error::refused(ErrorCode::InvalidRequest, text)
        },
    )
}

fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Value::as_str)
}

fn names(hint: &Map<String, Value>, session: &SessionRow, user: &UserRow) -> bool {
    text(hint, "sub") == Some(user.subject.as_str())
        && text(hint, "sid").is_none_or(|sid| sid == session.sid.as_str())
}

fn client(
    tx: &mut dyn Tx,
    parameters: &Parameters<'_>,
    hint: Option<&Map<String, Value>>,
) -> Result<Option<ClientRow>, Error> {
    let hinted = hint.and_then(|claims| text(claims, "aud"));
    let named = parameters.get("client_id");
    if let (Some(hinted), Some(named)) = (hinted, named)
        && hinted != named
    {
        let text = "client_id differs from the client of the id_token_hint";
        return Err(Error::refused(ErrorCode::InvalidRequest, text));
    }
    let Some(id) = named.or(hinted) else { return Ok(None) };
    let found = match ClientId::parse(id) {
        Ok(id) => tx.find_client(&id)?,
        Err(_) => None,
    };
    let client = found.filter(|client| client.disabled_at.is_none());
    if client.is_none() && named.is_some() {
        let text = "The application is not registered here, or it is disabled";
        return Err(Error::refused(ErrorCode::InvalidRequest, text));
    }
    Ok(client)
}

/// A loopback address is registered for any port, as it is for logins (RFC 8252 section 7.3): an
/// application that was answered on some port comes back there.
fn redirect(
    client: Option<&ClientRow>,
    parameters: &Parameters<'_>,
) -> Result<Option<String>, Error> {
    let Some(uri) = parameters.get("post_logout_redirect_uri") else { return Ok(None) };
    let Some(client) = client else {
        let text =
            "A post_logout_redirect_uri needs the id_token_hint or client_id of an application";
        return Err(Error::refused(ErrorCode::InvalidRequest, text));
    };
    let registered = &client.metadata.post_logout_redirect_uris;
    let known = registered.iter().any(|registered| redirect_uri::matches(registered, uri));
    let target = Url::parse(uri).ok().filter(|_| known);
    let Some(mut target) = target else {
        let text = "The post_logout_redirect_uri is not registered for this application";
        return Err(Error::refused(ErrorCode::InvalidRequest, text));
    };
    let Some(state) = parameters.get("state") else { return Ok(Some(uri.to_owned())) };
    target.query_pairs_mut().append_pair("state", state);
    Ok(Some(target.into()))
}
