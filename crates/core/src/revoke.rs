//! Token revocation (RFC 7009).

use serde_json::Value;

use crate::audit::{Event, Kind};
use crate::client::authenticate::{Presented, authenticate};
use crate::error::{Error, ErrorCode};
use crate::id::{ClientId, Jti};
use crate::mint::access_token;
use crate::provider::Provider;
use crate::secret::Secret;
use crate::store::{ClientRow, Standing, StoreExt as _, Tx};
use crate::time::Timestamp;
use crate::token::{refresh_token, resolve};

/// Revokes a token of the caller: a refresh token with its whole grant, an access token alone.
/// What is no token (any more) is fine (RFC 7009 section 2.2).
///
/// # Errors
/// `invalid_client`; `unauthorized_client` for a token of another client (section 2.1).
pub fn revoke(provider: &Provider, presented: &Presented, token: &Secret) -> Result<(), Error> {
    let now = provider.now();
    let snapshot = provider.snapshot()?;
    let caller = authenticate(provider, presented, now)?;
    if let Some(parts) = refresh_token::Parts::parse(token) {
        return provider.store.write(|tx| revoke_grant(provider, tx, &caller, &parts, now));
    }
    let Some(claims) = resolve::claims((provider, &snapshot), token)? else { return Ok(()) };
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    check_owner(&caller, text("client_id").map(ClientId::new).as_ref())?;
    let expires = claims.get("exp").and_then(Value::as_i64).map(Timestamp);
    let (Some(jti), Some(expires)) = (text("jti"), expires) else { return Ok(()) };
    if expires <= now {
        return Ok(());
    }
    provider.store.write(|tx| {
        let jti = Jti::new(jti);
        if tx.is_jti_revoked(&jti)? {
            return Ok(());
        }
        let grant = access_token::grant_of(jti.as_str());
        let standing = grant.map(|id| tx.find_standing(&id, None)).transpose()?.flatten();
        let event = Event::new(Kind::TokenRevoked).client(&caller.id);
        let event = standing.iter().fold(event, |event, standing| event.grant(&standing.grant));
        tx.revoke_jti(&jti, expires)?;
        event.detail("jti", jti.as_str()).record(provider, tx, now)
    })
}

fn revoke_grant(
    provider: &Provider,
    tx: &mut dyn Tx,
    caller: &ClientRow,
    parts: &refresh_token::Parts,
    now: Timestamp,
) -> Result<(), Error> {
    let Some((row, Standing { grant, .. })) = tx.find_refresh(&parts.grant)? else { return Ok(()) };
    if !row.family.matches(&parts.family.digest()) {
        return Ok(());
    }
    check_owner(caller, Some(&grant.client_id))?;
    if tx.revoke_grant(&grant.id, now, "revoked_by_client")? {
        Event::new(Kind::GrantRevoked).grant(&grant).record(provider, tx, now)?;
    }
    Ok(())
}

fn check_owner(caller: &ClientRow, owner: Option<&ClientId>) -> Result<(), Error> {
    if owner == Some(&caller.id) {
        return Ok(());
    }
    let text = "The token was issued to another client";
    Err(Error::refused(ErrorCode::UnauthorizedClient, text).for_client(&caller.id))
}
