//! Access tokens: RFC 9068 JWTs, or references to the same claims.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::audience::Target;
use super::opaque;
use crate::claims::copied;
use crate::error::Error;
use crate::id::{ClientId, GrantId, Jti};
use crate::keys::algorithm::Algorithm;
use crate::provider::{Provider, Snapshot};
use crate::random;
use crate::resource::{ClaimPreset, TokenFormat};
use crate::scope::ScopeSet;
use crate::secret::Secret;
use crate::store::{AccessTokenRow, ClientRow, GrantRow, Tx, UserRow};
use crate::time::{Seconds, Timestamp};

/// The `typ` of RFC 9068 section 2.1.
pub const TYP: &str = "at+jwt";

/// What is asked of the mint, decided.
#[derive(Debug)]
pub struct Order<'a> {
    /// For whom.
    pub client: &'a ClientRow,
    /// Under which grant, and of which user; none for `client_credentials`.
    pub grant: Option<(&'a GrantRow, &'a UserRow)>,
    /// For which resource.
    pub target: Target,
    /// With which scopes.
    pub scopes: ScopeSet,
}

/// An access token, decided but not yet signed.
#[derive(Debug)]
pub struct Draft {
    /// Its claims.
    pub claims: Map<String, Value>,
    /// How long it lives.
    pub lifetime: Seconds,
    format: Format,
}

#[derive(Debug)]
enum Format {
    Jwt(Algorithm),
    Opaque(Secret),
}

/// Decides the claims of an access token.
///
/// # Errors
/// [`Error::Internal`] when no randomness can be had.
pub fn draft(provider: &Provider, order: &Order<'_>, now: Timestamp) -> Result<Draft, Error> {
    let settings = &provider.settings;
    let lifetime = lifetime(provider, order, now);
    let subject = order
        .grant
        .map_or_else(|| order.client.id.as_str().to_owned(), |(g, _)| g.subject.to_string());
    let audience = order.target.audience(&settings.issuer, &order.scopes);
    let mut claims = Map::new();
    claims.insert("iss".into(), settings.issuer.clone().into());
    claims.insert("sub".into(), subject.clone().into());
    claims.insert("aud".into(), one_or_many(audience));
    claims.insert("client_id".into(), order.client.id.as_str().into());
    // A list of no scopes cannot be written (RFC 6749 section 3.3).
    if !order.scopes.is_empty() {
        claims.insert("scope".into(), order.scopes.to_string().into());
    }
    claims.insert("iat".into(), now.0.into());
    claims.insert("exp".into(), now.plus(lifetime).0.into());
    let grant_id = order.grant.map(|(grant, _)| &grant.id);
    claims.insert("jti".into(), jti(provider, grant_id)?.as_str().into());
    if let Some((grant, user)) = order.grant {
        claims.insert("auth_time".into(), grant.auth_time.0.into());
        if let Some(acr) = &grant.acr {
            claims.insert("acr".into(), acr.clone().into());
        }
        claims.insert("amr".into(), json!(grant.amr));
        if let Some(sid) = &grant.sid {
            claims.insert("sid".into(), sid.as_str().into());
        }
        if order.scopes.contains("groups") {
            claims.insert("groups".into(), json!(user.groups));
        }
    }
    let format = match &order.target {
        Target::Issuer => Format::Jwt(Algorithm::RS256),
        Target::Resource(resource) => {
            if let Some((_, user)) = order.grant {
                claims.extend(copied::of(user, &resource.access_token_claims));
            }
            if resource.claim_preset == ClaimPreset::Simplejwt {
                claims.insert("token_type".into(), "access".into());
                claims.insert("user_id".into(), subject.into());
            }
            match resource.format {
                TokenFormat::Jwt => Format::Jwt(resource.algorithm),
                TokenFormat::Opaque => Format::Opaque(opaque::draw(provider)?),
            }
        }
    };
    Ok(Draft { claims, lifetime, format })
}

impl Draft {
    /// Whether the token is a reference to a row, which [`Draft::record`] writes.
    pub fn is_opaque(&self) -> bool {
        matches!(self.format, Format::Opaque(_))
    }

    /// Remembers an opaque token; a JWT is not a row.
    ///
    /// # Errors
    /// [`Error::Store`] when the database fails.
    pub fn record(
        &self,
        tx: &mut dyn Tx,
        client: &ClientId,
        grant: Option<&GrantId>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let Format::Opaque(token) = &self.format else { return Ok(()) };
        tx.insert_access_token(&AccessTokenRow {
            digest: opaque::reference(token),
            grant_id: grant.cloned(),
            client_id: client.clone(),
            claims: Value::Object(self.claims.clone()).to_string(),
            expires_at: now.plus(self.lifetime),
        })?;
        Ok(())
    }

    /// The token. Signs: never under the write lock.
    ///
    /// # Errors
    /// [`Error::Internal`] when the algorithm has no active key.
    pub fn finish(self, snapshot: &Snapshot) -> Result<String, Error> {
        match self.format {
            Format::Opaque(token) => Ok(token.expose().to_owned()),
            Format::Jwt(algorithm) => {
                let claims = Value::Object(self.claims).to_string();
                snapshot.keys.sign(algorithm, TYP, claims.as_bytes())
            }
        }
    }
}

/// The grant that a token was issued under, read from its `jti`.
pub fn grant_of(jti: &str) -> Option<GrantId> {
    jti.split_once('.').map(|(grant, _)| GrantId::new(grant))
}

fn jti(provider: &Provider, grant: Option<&GrantId>) -> Result<Jti, Error> {
    let tail = URL_SAFE_NO_PAD.encode(random::bytes::<16>(provider.random.as_ref())?);
    Ok(Jti::new(grant.map_or_else(|| tail.clone(), |grant| format!("{grant}.{tail}"))))
}

/// The resource's own, or else the server's; the client and what is left of the grant shorten it.
fn lifetime(provider: &Provider, order: &Order<'_>, now: Timestamp) -> Seconds {
    let own = match &order.target {
        Target::Resource(resource) => resource.access_token_lifetime,
        Target::Issuer => None,
    };
    let mut lifetime = own.unwrap_or(provider.settings.access_token_lifetime);
    if let Some(limit) = order.client.metadata.access_token_lifetime {
        lifetime = lifetime.min(limit);
    }
    match order.grant {
        Some((grant, _)) => lifetime.min(grant.expires_at.since(now)),
        None => lifetime,
    }
}

fn one_or_many(mut audience: Vec<String>) -> Value {
    if audience.len() == 1 { audience.remove(0).into() } else { audience.into() }
}
