//! Which resource a token is for (RFC 8707, RFC 9068 section 3).

use crate::client::metadata::ClientMetadata;
use crate::error::{Error, ErrorCode, Refusal};
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
            Refusal::new(ErrorCode::InvalidTarget, text).detail(format!("resource {name:?}")).into()
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

/// Whether it is what the client means when it names none.
pub fn is_default(client: &ClientMetadata, resource: &Resource) -> bool {
    client.default_resource.as_deref().is_some_and(|name| resource.is_named(name))
}

/// Chooses the target of an access token with these scopes: the named resource; else the only
/// one whose scopes it has; else the only granted one; else the client's `default_resource`;
/// else the issuer.
///
/// `granted` are the resources that the user agreed to; `None` for a client that acts for
/// itself. `names` are those of this token request, which must be among them.
///
/// # Errors
/// `invalid_target` when several come into question, or one is named that was not granted.
pub fn choose(
    snapshot: &Snapshot,
    client: &ClientMetadata,
    scopes: &ScopeSet,
    granted: Option<&[String]>,
    names: &[String],
) -> Result<Target, Error> {
    let refuse = |text: &'static str| Err(Error::refused(ErrorCode::InvalidTarget, text));
    let is_granted = |resource: &Resource| {
        granted.is_none_or(|granted| granted.iter().any(|name| resource.is_named(name)))
    };
    let target = |resource: &Resource| Ok(Target::Resource(Box::new(resource.clone())));
    let several = "Several resources come into question; name one of them with resource";
    if !names.is_empty() {
        return match named(snapshot, client, names)?.as_slice() {
            [only] if is_granted(only) => target(only),
            [_] => refuse("The resource was not part of the authorization"),
            _ => refuse(several),
        };
    }
    let candidates = snapshot.resources.iter().filter(|r| may_have(client, r) && is_granted(r));
    let candidates: Vec<&Resource> = candidates.collect();
    let knowing = candidates.iter().filter(|r| !r.known(scopes).is_empty());
    let knowing: Vec<&Resource> = knowing.copied().collect();
    match (knowing.as_slice(), candidates.as_slice()) {
        ([only], _) => return target(only),
        ([], [only]) if granted.is_some() => return target(only),
        _ => {}
    }
    match candidates.iter().find(|resource| is_default(client, resource)) {
        Some(resource) => target(resource),
        None if knowing.is_empty() => Ok(Target::Issuer),
        None => refuse(several),
    }
}
