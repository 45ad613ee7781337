//! Redeeming an authorization code (RFC 6749 section 4.1.3, RFC 7636 section 4.6).
//!
//! A code is the id of its grant and a secret: it is found by its grant, as a refresh token is.

use std::sync::Arc;

use super::issue::{Issue, registered, target};
use super::{invalid_grant, liveness, pkce, refresh_token};
use crate::audit::{Event, Kind};
use crate::error::{Error, ErrorCode, Refusal};
use crate::id::GrantId;
use crate::mint::access_token;
use crate::provider::{Provider, Snapshot};
use crate::secret::Secret;
use crate::store::{ClientRow, CodeRow, GrantRow, StoreExt as _, Tx};
use crate::time::Timestamp;

/// What the request shows.
#[derive(Debug)]
pub struct Shown<'a> {
    /// `code`.
    pub code: &'a Secret,
    /// `redirect_uri`.
    pub redirect_uri: Option<&'a str>,
    /// `code_verifier`.
    pub code_verifier: Option<&'a Secret>,
    /// `resource`.
    pub resources: &'a [String],
}

/// Draws the code of a grant.
///
/// # Errors
/// [`Error::Internal`] when no randomness can be had.
pub(crate) fn draw(provider: &Provider, grant: &GrantId) -> Result<Secret, Error> {
    let secret = Secret::generate(provider.random.as_ref())?;
    Ok(Secret::new(format!("{grant}{}", secret.expose())))
}

/// The grant that a code names; `None` when it is not one of ours.
fn grant_of(code: &Secret) -> Option<GrantId> {
    let (grant, secret) = code.expose().split_at_checked(22)?;
    (secret.len() == 43).then(|| GrantId::new(grant))
}

/// Redeems a code, once. A code shown by another client is refused and stays good; a replay by
/// its own client revokes the grant, and that is recorded.
///
/// # Errors
/// `invalid_request`, `invalid_grant`,
/// `invalid_target`.
pub fn redeem(
    (provider, snapshot): (&Provider, &Snapshot),
    client: Arc<ClientRow>,
    shown: &Shown<'_>,
    now: Timestamp,
) -> Result<Issue, Error> {
    let grant = grant_of(shown.code);
    let digest = shown.code.digest();
    provider.store.write(|tx| {
        let found = grant.as_ref().map(|grant| tx.find_code(grant)).transpose()?.flatten();
        let found = found.filter(|(code, _)| code.digest.matches(&digest));
        let (code, standing) = found.ok_or_else(|| invalid_grant(REFUSED, "no such code"))?;
        if code.client_id != client.id {
            return Err(invalid_grant(REFUSED, "the code belongs to another client"));
        }
        check_redirect_uri(&code, shown.redirect_uri)?;
        pkce::check(code.challenge.as_deref(), shown.code_verifier)?;
        if code.redeemed_at.is_some() {
            return Err(replayed(provider, tx, &standing.grant, now)?);
        }
        if now >= code.expires_at {
            return Err(invalid_grant(REFUSED, "the code has expired"));
        }
        let (grant, user) = liveness::of_client(&client, standing.grant.created_at)
            .and_then(|()| liveness::of_grant(standing, now))
            .map_err(|why| invalid_grant(REFUSED, why))?;
        let granted = registered(&client, &grant.scopes)?;
        let target = target(snapshot, (&client, &grant), &granted, shown.resources)?;
        if !tx.claim_code(&code.grant_id, now)? {
            return Err(replayed(provider, tx, &grant, now)?);
        }
        let scopes = target.scopes(&granted);
        let order = access_token::Order {
            client: &client,
            grant: Some((&grant, &user)),
            target,
            scopes: scopes.clone(),
        };
        let access_token = access_token::draft(provider, &order, now)?;
        access_token.record(tx, &client.id, Some(&grant.id), now)?;
        let refresh_token = refresh_token::begin(provider, tx, &client, &grant, now)?;
        let nonce = code.nonce;
        Ok(Issue { client, grant: Some((grant, user)), access_token, scopes, refresh_token, nonce })
    })
}

const REFUSED: &str = "The code is invalid, expired, already used, or belongs to another client";

fn check_redirect_uri(code: &CodeRow, shown: Option<&str>) -> Result<(), Error> {
    match shown {
        Some(uri) if uri == code.redirect_uri => Ok(()),
        None if !code.redirect_uri_given => Ok(()),
        Some(_) => Err(invalid_grant("redirect_uri differs from the authorization request", "")),
        None => Err(invalid_grant("redirect_uri is missing", "")),
    }
}

fn replayed(
    provider: &Provider,
    tx: &mut dyn Tx,
    grant: &GrantRow,
    now: Timestamp,
) -> Result<Error, Error> {
    tx.revoke_grant(&grant.id, now, "code_replay")?;
    Event::new(Kind::CodeReplayed).grant(grant).record(provider, tx, now)?;
    let refusal = Refusal::new(ErrorCode::InvalidGrant, REFUSED);
    Ok(Error::RefusedAndRecorded(refusal.detail("the code was used before; its grant is revoked")))
}
