//! Which resource a token is for (RFC 8707, RFC 9068 section 3).

use crate::client::metadata::ClientMetadata;
use crate::error::{Error, ErrorCode};
use crate::provider::Snapshot;
use crate::resource::Resource;
use crate::scope::{STANDARD, ScopeSet};

/// The target of one access token: a resource, or the issuer itself (for `/userinfo`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// An API.
    Resource(Box<Resource>),
    /// Keywright itself.
    Issuer,
}

impl Target {
    /// The scopes of `granted` that a token for this target carries: those of the identity
    /// layer and those that the resource knows.
    pub fn scopes(&self, granted: &ScopeSet) -> ScopeSet {
        granted.filter(|scope| STANDARD.contains(&scope) || self.knows(scope))
    }

    fn knows(&self, scope: &str) -> bool {
        match self {
            Self::Resource(resource) => resource.scopes.iter().any(|s| s.name == scope),
            Self::Issuer => false,
        }
    }

    /// `aud`: the resource, and with `openid` the issuer too unless the resource declines.
    pub fn audience(&self, issuer: &str, scopes: &ScopeSet) -> Vec<String> {
        match self {
            Self::Issuer => vec![issuer.to_owned()],
            Self::Resource(resource) => {
                let mut audience = vec![resource.identifier.clone()];
                if scopes.contains("openid") && resource.userinfo_audience {
                    audience.push(issuer.to_owned());
                }
                audience
            }
        }
    }
}

/// Finds the named resources among those that the client may have.
///
/// # Errors
/// `invalid_target` for one that does not exist or is not for this client.
pub fn named<'a>(
    snapshot: &'a Snapshot,
    client: &ClientMetadata,
    names: &[String],
) -> Result<Vec<&'a Resource>, Error> {
    let find = |name: &String| {
        let found = snapshot.resource(name).filter(|r| may_have(client, r));
        found.ok_or_else(|| {
            let text = "The requested resource is unknown or not available to this client";
            Error::refused(ErrorCode::InvalidTarget, text)
        })
    };
    names.iter().map(find).collect()
}

/// Whether the client may get tokens for this resource.
pub fn may_have(client: &ClientMetadata, resource: &Resource) -> bool {
    client
        .resources
        .as_ref()
        .is_none_or(|allowed| allowed.iter().any(|name| resource.is_named(name)))
}

/// Chooses the target of an access token: the named resource; else the only one whose scopes
/// were granted; else the client's `default_resource`; else the issuer.
///
/// `requested` are the resources of the grant (empty when none was), `names` those of this
/// token request, which must be among them.
///
/// # Errors
/// `invalid_target` when several come into question, or one is named that was not granted.
pub fn choose(
    snapshot: &Snapshot,
    client: &ClientMetadata,
    granted: &ScopeSet,
    requested: &[String],
    names: &[String],
) -> Result<Target, Error> {
    let several = || {
        let text = "Several resources come into question; name one of them with resource";
        Err(Error::refused(ErrorCode::InvalidTarget, text))
    };
    let wanted = named(snapshot, client, if names.is_empty() { requested } else { names })?;
    if let Some(first) = wanted.first() {
        if !requested.is_empty() && !requested.iter().any(|r| first.is_named(r)) {
            let text = "The resource was not part of the authorization";
            return Err(Error::refused(ErrorCode::InvalidTarget, text));
        }
        if wanted.len() > 1 {
            return several();
        }
        return Ok(Target::Resource(Box::new((*first).clone())));
    }
    let mut known =
        snapshot.resources.iter().filter(|r| may_have(client, r) && !r.known(granted).is_empty());
    match (known.next(), known.next()) {
        (Some(only), None) => Ok(Target::Resource(Box::new(only.clone()))),
        (first, second) => {
            let default = client.default_resource.as_deref().and_then(|r| snapshot.resource(r));
            match default {
                Some(resource) => Ok(Target::Resource(Box::new(resource.clone()))),
                None if first.is_some() && second.is_some() => several(),
                None => Ok(Target::Issuer),
            }
        }
    }
}
