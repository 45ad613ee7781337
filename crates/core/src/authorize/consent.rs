//! What a user is asked to agree to, what was agreed to, and remembering it.

use super::ScopeView;
use super::prompt::Consent;
use super::request::Request;
use crate::claims;
use crate::error::Error;
use crate::id::UserId;
use crate::mint::audience;
use crate::provider::Snapshot;
use crate::resource::Resource;
use crate::store::{ClientRow, ConsentKey, ConsentRow, Tx};
use crate::time::Timestamp;

/// What a resource without a scope is worth, in words.
pub const KNOWN_THERE: &str = "Know who you are there";

/// What this request asks for, in words: identity in request order, the claims that it asks for
/// one by one and that no scope of it covers, then each resource with its scopes. A resource that is named without a scope is something to agree to, too.
pub fn scopes(snapshot: &Snapshot, client: &ClientRow, request: &Request) -> Vec<ScopeView> {
    let view = |name: &str, resource: &str, description: &str| ScopeView {
        name: name.to_owned(),
        resource: resource.to_owned(),
        description: description.to_owned(),
    };
    let identity = request.scopes.iter().filter_map(|s| identity(s).map(|text| view(s, "", text)));
    let mut views: Vec<ScopeView> = identity.collect();
    let claims = claims(request).filter_map(|c| claims::words::phrase(c).map(|t| view(c, "", t)));
    views.extend(claims);
    for resource in resources(snapshot, client, request) {
        let asked = resource.scopes.iter().filter(|s| request.scopes.contains(&s.name));
        let before = views.len();
        views.extend(asked.map(|s| view(&s.name, &resource.name, &s.description)));
        if views.len() == before {
            views.push(view("", &resource.name, KNOWN_THERE));
        }
    }
    views
}

/// Whether the client may be answered without asking.
///
/// # Errors
/// [`Error::Store`] when the database fails.
pub fn state(
    tx: &mut dyn Tx,
    snapshot: &Snapshot,
    (client, request): (&ClientRow, &Request),
    user: &UserId,
) -> Result<Consent, Error> {
    if !client.metadata.is_assured() {
        return Ok(Consent { settled: false });
    }
    if client.metadata.first_party {
        return Ok(Consent { settled: true });
    }
    let agreed = tx.consents(user, Some(&client.id))?;
    let keys = keys(snapshot, client, request);
    let settled = keys.iter().all(|key| agreed.iter().any(|row| covers(&row.key, key)));
    Ok(Consent { settled })
}

/// Remembers that the user agreed to all of it.
///
/// # Errors
/// [`Error::Store`] when the database fails.
pub fn remember(
    tx: &mut dyn Tx,
    snapshot: &Snapshot,
    (client, request): (&ClientRow, &Request),
    user: &UserId,
    now: Timestamp,
) -> Result<(), Error> {
    for key in keys(snapshot, client, request) {
        tx.put_consent(&ConsentRow {
            user_id: user.clone(),
            client_id: client.id.clone(),
            key,
            granted_at: now,
        })?;
    }
    Ok(())
}

/// Never empty: a request without scopes is still something to agree to.
fn keys(snapshot: &Snapshot, client: &ClientRow, request: &Request) -> Vec<ConsentKey> {
    let key = |resource: &str, scope: &str| ConsentKey {
        resource: resource.to_owned(),
        scope: scope.to_owned(),
        claim: String::new(),
    };
    let identity = request.scopes.iter().filter(|scope| identity(scope).is_some());
    let mut keys: Vec<ConsentKey> = identity.map(|scope| key("", scope)).collect();
    keys.extend(claims(request).map(|claim| ConsentKey { claim: claim.to_owned(), ..key("", "") }));
    for resource in resources(snapshot, client, request) {
        keys.push(key(&resource.identifier, ""));
        let known = resource.known(&request.scopes);
        keys.extend(known.iter().map(|scope| key(&resource.identifier, scope)));
    }
    if keys.is_empty() {
        keys.push(key("", ""));
    }
    keys
}

/// The claims that no scope of the request covers.
fn claims(request: &Request) -> impl Iterator<Item = &str> {
    let names = request.claims.about_the_user().into_iter();
    names.filter(|name| claims::scope_of(name).is_some_and(|s| !request.scopes.contains(s)))
}

/// Whether who agreed to `old` agreed to `new`: it is the same, or a claim of that scope.
fn covers(old: &ConsentKey, new: &ConsentKey) -> bool {
    let by_scope =
        || old.resource.is_empty() && claims::scope_of(&new.claim).is_some_and(|s| s == old.scope);
    old == new || by_scope()
}

/// The resources that the request is about, and that the grant will be for: the named ones, or
/// else those of the client that know a requested scope, and its default.
pub fn resources<'a>(
    snapshot: &'a Snapshot,
    client: &'a ClientRow,
    request: &'a Request,
) -> impl Iterator<Item = &'a Resource> {
    snapshot.resources.iter().filter(move |resource| {
        audience::may_have(&client.metadata, resource)
            && if request.resources.is_empty() {
                !resource.known(&request.scopes).is_empty()
                    || audience::is_default(&client.metadata, resource)
            } else {
                request.resources.contains(&resource.identifier)
            }
    })
}

/// What a scope of the identity layer allows, in words; `None` for any other.
pub fn identity(scope: &str) -> Option<&'static str> {
    Some(match scope {
        "openid" => "Know who you are in this service",
        "profile" => "See your name and profile",
        "email" => "See your e-mail address",
        "address" => "See your postal address",
        "phone" => "See your telephone number",
        "groups" => "See the groups that you belong to",
        "offline_access" => "Keep access while you are away",
        _ => return None,
    })
}
