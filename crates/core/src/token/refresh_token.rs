//! Refresh tokens (RFC 6749 section 6): rotation, a lost answer, and reuse (RFC 9700
//! section 4.14.2, ADR 2).
//!
//! A token is `grant . family . secret`. The family never changes, so that an ancestor is
//! recognised without being stored; the secret changes at each rotation. What was rotated less
//! than the grace window ago is answered with the *same* successor, which is kept sealed under
//! a key that only the presented secret yields.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::issue::{Issue, narrow, registered, target};
use super::{invalid_grant, liveness};
use crate::audit::{Event, Kind};
use crate::client::metadata::GrantType;
use crate::error::{Error, ErrorCode, Refusal};
use crate::id::GrantId;
use crate::keys::seal;
use crate::mint::access_token;
use crate::provider::{Provider, Snapshot};
use crate::random;
use crate::secret::{Digest, Secret};
use crate::store::{ClientRow, GrantRow, RefreshRow, Rotated, Rotation, StoreExt as _, Tx};
use crate::time::{Seconds, Timestamp};

/// What the request shows.
#[derive(Debug)]
pub struct Shown<'a> {
    /// `refresh_token`.
    pub token: &'a Secret,
    /// `scope`: shapes only the access token.
    pub scope: Option<&'a str>,
    /// `resource`: shapes only the access token.
    pub resources: &'a [String],
}

/// A refresh token taken apart.
#[derive(Debug)]
pub struct Parts {
    /// The grant it belongs to.
    pub grant: GrantId,
    /// The part that no rotation changes.
    pub family: Secret,
    /// The part that each rotation changes.
    pub secret: Secret,
}

impl Parts {
    /// Takes a token apart; `None` when it is not one of ours.
    pub fn parse(token: &Secret) -> Option<Self> {
        let mut parts = token.expose().split('.');
        let (grant, family, secret) = (parts.next()?, parts.next()?, parts.next()?);
        let sizes = grant.len() == 22 && family.len() == 22 && secret.len() == 43;
        let ours = sizes && parts.next().is_none();
        ours.then(|| Self {
            grant: GrantId::new(grant),
            family: Secret::new(family),
            secret: Secret::new(secret),
        })
    }

    fn join(&self, secret: &Secret) -> Secret {
        Secret::new(format!("{}.{}.{}", self.grant, self.family.expose(), secret.expose()))
    }
}

/// The first refresh token of a grant, if the client has that grant type.
///
/// # Errors
/// [`Error::Store`] or [`Error::Internal`].
pub fn begin(
    provider: &Provider,
    tx: &mut dyn Tx,
    client: &ClientRow,
    grant: &GrantRow,
    now: Timestamp,
) -> Result<Option<Secret>, Error> {
    if !client.metadata.allows(GrantType::RefreshToken) {
        return Ok(None);
    }
    let random = provider.random.as_ref();
    let parts = Parts {
        grant: grant.id.clone(),
        family: Secret::new(random::text::<16>(random)?),
        secret: Secret::generate(random)?,
    };
    tx.insert_refresh(&RefreshRow {
        grant_id: grant.id.clone(),
        family: parts.family.digest(),
        token: parts.secret.digest(),
        generation: 0,
        idle_expires_at: idle_end(provider, client, grant, now),
        recent: Vec::new(),
    })?;
    Ok(Some(parts.join(&parts.secret)))
}

/// Answers a refresh request with a new access token and the successor of the refresh token.
///
/// # Errors
/// `invalid_grant`, `invalid_scope`,
/// `invalid_target`. Reuse revokes the grant, and that is recorded.
pub fn rotate(
    (provider, snapshot): (&Provider, &Snapshot),
    client: Arc<ClientRow>,
    shown: &Shown<'_>,
    now: Timestamp,
) -> Result<Issue, Error> {
    let parts = Parts::parse(shown.token);
    let successor = parts.as_ref().map(|parts| Successor::draw(provider, parts)).transpose()?;
    provider.store.write(|tx| {
        let (Some(parts), Some(successor)) = (&parts, &successor) else {
            return Err(invalid_grant(REFUSED, "not a refresh token of ours"));
        };
        let found = tx.find_refresh(&parts.grant)?;
        let (row, standing) = found.ok_or_else(|| invalid_grant(REFUSED, "no such grant"))?;
        if standing.grant.client_id != client.id {
            return Err(invalid_grant(REFUSED, "the token belongs to another client"));
        }
        let (grant, user) = liveness::of_client(&client, standing.grant.created_at)
            .and_then(|()| liveness::of_grant(standing, now))
            .map_err(|why| invalid_grant(REFUSED, why))?;
        let narrowed = narrow(&registered(&client, &grant.scopes)?, shown.scope)?;
        let target = target(snapshot, (&client, &grant), &narrowed, shown.resources)?;
        let scopes = target.scopes(&narrowed);
        let refresh_token = advance(provider, tx, (&client, &grant, row), (parts, successor), now)?;
        let grant_and_user = Some((&grant, &user));
        let order = access_token::Order { client: &client, grant: grant_and_user, target, scopes };
        let access_token = access_token::draft(provider, &order, now)?;
        access_token.record(tx, &client.id, Some(&grant.id), now)?;
        let (scopes, refresh_token) = (order.scopes, Some(refresh_token));
        let grant = Some((grant, user));
        Ok(Issue { client, grant, access_token, scopes, refresh_token, nonce: None })
    })
}

/// So many predecessors are remembered at most: a client that rotates without end would make each
/// rotation dearer than the one before. What comes before them is reuse.
const PREDECESSORS: usize = 256;

const REFUSED: &str = "The refresh token is invalid, expired, revoked, or of another client";

/// A successor drawn and sealed before the lock is taken.
struct Successor {
    secret: Secret,
    sealed: String,
}

impl Successor {
    fn draw(provider: &Provider, parts: &Parts) -> Result<Self, Error> {
        let random = provider.random.as_ref();
        let secret = Secret::generate(random)?;
        let key = sealing_key(provider, parts, &parts.secret)?;
        let sealed = seal::seal_with(&key, random, CONTEXT, secret.expose().as_bytes())?;
        Ok(Self { secret, sealed: URL_SAFE_NO_PAD.encode(sealed) })
    }
}

const CONTEXT: &str = "refresh successor";

fn sealing_key(provider: &Provider, parts: &Parts, secret: &Secret) -> Result<[u8; 32], Error> {
    provider.master.derive(CONTEXT, secret.expose().as_bytes(), parts.grant.as_str())
}

/// The token that the client shall have next: (a) a new one for the current, (b) the same one
/// again for a recent, (c) reuse, (d) unknown.
fn advance(
    provider: &Provider,
    tx: &mut dyn Tx,
    (client, grant, mut row): (&ClientRow, &GrantRow, RefreshRow),
    (parts, successor): (&Parts, &Successor),
    now: Timestamp,
) -> Result<Secret, Error> {
    if !row.family.matches(&parts.family.digest()) {
        return Err(invalid_grant(REFUSED, "the token is of no family of this grant"));
    }
    if now >= row.idle_expires_at {
        return Err(invalid_grant(REFUSED, "the refresh token was idle too long"));
    }
    let shown = parts.secret.digest();
    if row.token.matches(&shown) {
        let rotation = Rotation {
            from: shown,
            to: successor.secret.digest(),
            generation: row.generation + 1,
            idle_expires_at: idle_end(provider, client, grant, now),
            recent: remember(provider.settings.refresh_grace, &row, &shown, successor, now),
        };
        if tx.rotate_refresh_token(&grant.id, &rotation)? {
            return Ok(parts.join(&successor.secret));
        }
        let again = tx.find_refresh(&grant.id)?;
        row = again.ok_or_else(|| invalid_grant(REFUSED, "the grant is gone"))?.0;
    }
    if let Some(current) = repeat(provider, &row, parts, now)? {
        Event::new(Kind::RefreshRepeated).grant(grant).record(provider, tx, now)?;
        return Ok(parts.join(&current));
    }
    tx.revoke_grant(&grant.id, now, "refresh_reuse")?;
    Event::new(Kind::RefreshReused).grant(grant).record(provider, tx, now)?;
    let detail = "an old refresh token was used again; its grant is revoked";
    let refusal = Refusal::new(ErrorCode::InvalidGrant, REFUSED).detail(detail);
    Err(Error::RefusedAndRecorded(refusal))
}

/// Follows the sealed successors from a recently rotated secret to the current one.
fn repeat(
    provider: &Provider,
    row: &RefreshRow,
    parts: &Parts,
    now: Timestamp,
) -> Result<Option<Secret>, Error> {
    let find = |digest: &Digest| {
        let name = URL_SAFE_NO_PAD.encode(digest.0);
        row.recent.iter().find(|rotated| rotated.predecessor == name)
    };
    let mut secret = parts.secret.clone();
    let within = |at| now.since(at) < provider.settings.refresh_grace;
    if !find(&secret.digest()).is_some_and(|rotated| within(rotated.at)) {
        return Ok(None);
    }
    while !row.token.matches(&secret.digest()) {
        let Some(link) = find(&secret.digest()) else { return Ok(None) };
        let key = sealing_key(provider, parts, &secret)?;
        let sealed = URL_SAFE_NO_PAD.decode(&link.sealed_successor).unwrap_or_default();
        let opened = seal::open_with(&key, CONTEXT, &sealed)?;
        secret = Secret::new(String::from_utf8_lossy(&opened));
    }
    Ok(Some(secret))
}

fn remember(
    grace: Seconds,
    row: &RefreshRow,
    shown: &Digest,
    successor: &Successor,
    now: Timestamp,
) -> Vec<Rotated> {
    let within = |rotated: &&Rotated| now.since(rotated.at) < grace;
    let mut recent: Vec<Rotated> = row.recent.iter().filter(within).cloned().collect();
    if grace > Seconds::ZERO {
        recent.push(Rotated {
            predecessor: URL_SAFE_NO_PAD.encode(shown.0),
            sealed_successor: successor.sealed.clone(),
            generation: row.generation + 1,
            at: now,
        });
    }
    let too_many = recent.len().saturating_sub(PREDECESSORS);
    recent.drain(..too_many);
    recent
}

/// When an unused refresh token lapses: of server and client the smaller, never after the grant.
fn idle_end(
    provider: &Provider,
    client: &ClientRow,
    grant: &GrantRow,
    now: Timestamp,
) -> Timestamp {
    let settings = &provider.settings;
    let idle = if grant.session_bound {
        settings.online_idle_lifetime
    } else {
        settings.offline_idle_lifetime
    };
    let own = client.metadata.refresh_token_idle_lifetime;
    now.plus(own.map_or(idle, |own| own.min(idle))).min(grant.expires_at)
}
