//! Issuing an authorization code with its grant (RFC 6749 section 4.1.2).

use super::request::Request;
use super::{ACR_SINGLE_FACTOR, Answer, consent};
use crate::audit::{Event, Kind};
use crate::client::metadata::GrantType;
use crate::error::Error;
use crate::id::GrantId;
use crate::provider::{Provider, Snapshot};
use crate::secret::Secret;
use crate::session;
use crate::store::{ClientRow, CodeRow, GrantRow, SessionRow, Tx, UserRow};
use crate::time::Timestamp;
use crate::token::authorization_code;

/// Records a grant and a code for it, and returns the answer that carries the code.
///
/// # Errors
/// [`Error::Store`] or [`Error::Internal`].
pub fn issue(
    (provider, snapshot): (&Provider, &Snapshot),
    tx: &mut dyn Tx,
    (client, request): (&ClientRow, &Request),
    (session, user): (&SessionRow, &UserRow),
    now: Timestamp,
) -> Result<Answer, Error> {
    let grant = grant((provider, snapshot), (client, request), (session, user), now)?;
    tx.insert_grant(&grant)?;
    let event = Event::new(Kind::GrantIssued).grant(&grant);
    event.detail("scope", grant.scopes.to_string()).record(provider, tx, now)?;
    let code = authorization_code::draw(provider, &grant.id)?;
    tx.insert_code(&CodeRow {
        grant_id: grant.id,
        digest: code.digest(),
        client_id: client.id.clone(),
        redirect_uri: request.redirect_uri.clone(),
        redirect_uri_given: request.redirect_uri_given,
        nonce: request.nonce.clone(),
        challenge: request.challenge.clone(),
        confirmation: None,
        created_at: now,
        expires_at: now.plus(provider.settings.code_lifetime),
        redeemed_at: None,
    })?;
    if session::is_due(session, now) {
        tx.touch_session(&session.sid, now)?;
    }
    let mut parameters = vec![("code", code)];
    parameters.extend(request.state.clone().map(|state| ("state", Secret::new(state))));
    parameters.push(("iss", Secret::new(provider.settings.issuer.as_str())));
    let redirect_uri = request.redirect_uri.clone();
    Ok(Answer { redirect_uri, mode: request.mode, parameters, refusal: None })
}

fn grant(
    (provider, snapshot): (&Provider, &Snapshot),
    (client, request): (&ClientRow, &Request),
    (session, user): (&SessionRow, &UserRow),
    now: Timestamp,
) -> Result<GrantRow, Error> {
    let session_bound = !request.scopes.contains("offline_access");
    let resources = consent::resources(snapshot, client, request)
        .map(|resource| (resource.identifier.clone(), resource.known(&request.scopes)));
    Ok(GrantRow {
        id: GrantId::generate(provider.random.as_ref(), provider.clock.millis())?,
        user_id: Some(user.id.clone()),
        client_id: client.id.clone(),
        sid: Some(session.sid.clone()),
        session_bound,
        subject: user.subject.clone(),
        scopes: request.scopes.clone(),
        resources: resources.collect(),
        claims: request.claims.clone(),
        auth_time: session::authenticated_at(session),
        acr: Some(ACR_SINGLE_FACTOR.to_owned()),
        amr: session.methods.iter().map(|method| method.amr.clone()).collect(),
        confirmation: None,
        actor: serde_json::Value::Null,
        created_at: now,
        expires_at: expiry(provider, client, session_bound.then_some(session), now),
        revoked: None,
    })
}

/// A grant without refresh tokens outlives its code by an access token's lifetime at most, so
/// that the database does not fill with logins; one that is bound to a session ends with it.
fn expiry(
    provider: &Provider,
    client: &ClientRow,
    bound: Option<&SessionRow>,
    now: Timestamp,
) -> Timestamp {
    let settings = &provider.settings;
    let mut lifetime = if client.metadata.allows(GrantType::RefreshToken) {
        settings.grant_lifetime
    } else {
        settings.keys.retired
    };
    if let Some(own) = client.metadata.refresh_token_lifetime {
        lifetime = lifetime.min(own);
    }
    let end = now.plus(lifetime);
    bound.map_or(end, |session| end.min(session.expires_at))
}
