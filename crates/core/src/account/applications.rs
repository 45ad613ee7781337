//! The applications that a user has let in: what each may do, since when, and showing it out.
//!
//! The list is made of what the user agreed to and of the grants that are alive, so that a client
//! which is not asked for consent (the operator's own) is on it, too.

use std::collections::BTreeMap;

use crate::audit::{Event, Kind};
use crate::authorize::{ScopeView, consent};
use crate::claims;
use crate::error::Error;
use crate::id::{ClientId, UserId};
use crate::provider::{Provider, Snapshot};
use crate::scope::STANDARD;
use crate::session::{self, Browser};
use crate::store::{ConsentKey, GrantRow, StoreExt as _, Tx};
use crate::time::Timestamp;
use crate::token::liveness;

/// An application as the user sees it.
#[derive(Debug, Clone)]
pub struct Application {
    /// Names it when it is to be shown out.
    pub client_id: ClientId,
    /// `client_name`, or the client id.
    pub name: String,
    /// What it may do, in words.
    pub scopes: Vec<ScopeView>,
    /// Since when it may do any of it.
    pub since: Timestamp,
    /// Whether it has access while the user is away.
    pub offline: bool,
}

/// What is known of one application before it is put into words.
struct Known {
    keys: Vec<ConsentKey>,
    since: Timestamp,
    offline: bool,
}

/// The applications of a user, by name.
///
/// # Errors
/// [`Error::Store`] when the database fails.
pub fn of(
    tx: &mut dyn Tx,
    snapshot: &Snapshot,
    user: &UserId,
    now: Timestamp,
) -> Result<Vec<Application>, Error> {
    let mut known: BTreeMap<ClientId, Known> = BTreeMap::new();
    for row in tx.consents(user, None)? {
        note(&mut known, &row.client_id, row.granted_at).keys.push(row.key);
    }
    for grant in tx.live_grants_of(user, now)? {
        let standing = tx.find_standing(&grant.id, None)?;
        if standing.is_some_and(|standing| liveness::of_grant(standing, now).is_ok()) {
            let known = note(&mut known, &grant.client_id, grant.created_at);
            known.offline |= !grant.session_bound;
            known.keys.extend(granted(snapshot, &grant));
        }
    }
    let mut applications = Vec::new();
    for (client_id, known) in known {
        let Some(client) = tx.find_client(&client_id)? else { continue };
        applications.push(Application {
            name: client.name().to_owned(),
            scopes: in_words(snapshot, &known.keys),
            since: known.since,
            offline: known.offline,
            client_id,
        });
    }
    applications.sort_by_cached_key(|application| application.name.to_lowercase());
    Ok(applications)
}

/// Forgets what the user agreed to for this client and ends every grant between them, offline
/// ones too. False when nobody is logged in in this browser.
///
/// # Errors
/// [`Error::Store`] when the database fails.
pub fn revoke(provider: &Provider, browser: &Browser, client: &ClientId) -> Result<bool, Error> {
    let now = provider.now();
    provider.store.write(|tx| {
        let Some((_, user)) = session::held(provider, tx, browser, now)? else {
            return Ok(false);
        };
        let agreed = !tx.consents(&user.id, Some(client))?.is_empty();
        let grants = tx.revoke_consent(&user.id, client, now)?;
        if agreed || grants > 0 {
            let event = Event::new(Kind::ConsentRevoked).user(&user.id).client(client);
            event.detail("grants", grants).record(provider, tx, now)?;
        }
        Ok(true)
    })
}

fn note<'k>(
    known: &'k mut BTreeMap<ClientId, Known>,
    client: &ClientId,
    since: Timestamp,
) -> &'k mut Known {
    let entry = known.entry(client.clone());
    let known = entry.or_insert_with(|| Known { keys: Vec::new(), since, offline: false });
    known.since = known.since.min(since);
    known
}

/// A grant, as if it had been agreed to.
fn granted(snapshot: &Snapshot, grant: &GrantRow) -> Vec<ConsentKey> {
    let key = |resource: &str, scope: &str| ConsentKey {
        resource: resource.to_owned(),
        scope: scope.to_owned(),
        claim: String::new(),
    };
    let identity = grant.scopes.iter().filter(|scope| consent::identity(scope).is_some());
    let mut keys: Vec<ConsentKey> = identity.map(|scope| key("", scope)).collect();
    let claims = grant.claims.about_the_user().into_iter();
    keys.extend(claims.map(|claim| ConsentKey { claim: claim.to_owned(), ..key("", "") }));
    for (identifier, scopes) in &grant.resources {
        keys.push(key(identifier, ""));
        keys.extend(scopes.iter().map(|scope| key(identifier, scope)));
    }
    if grant.resources.is_empty() {
        for resource in &snapshot.resources {
            let scopes = resource.known(&grant.scopes);
            keys.extend(scopes.iter().map(|scope| key(&resource.identifier, scope)));
        }
    }
    keys
}

/// What the consent page would say: identity first, then each resource with its scopes. What is
/// gone from the registry by now is called by its bare name.
fn in_words(snapshot: &Snapshot, keys: &[ConsentKey]) -> Vec<ScopeView> {
    let mut views: Vec<ScopeView> = Vec::new();
    let mut add = |name: &str, resource: &str, description: &str| {
        if !views.iter().any(|view| view.name == name && view.resource == resource) {
            let (name, resource) = (name.to_owned(), resource.to_owned());
            views.push(ScopeView { name, resource, description: description.to_owned() });
        }
    };
    let about_user = keys.iter().filter(|key| key.resource.is_empty() && !key.scope.is_empty());
    let mut about_user: Vec<&str> = about_user.map(|key| key.scope.as_str()).collect();
    about_user.sort_by_key(|scope| STANDARD.iter().position(|standard| standard == scope));
    for scope in &about_user {
        add(scope, "", consent::identity(scope).unwrap_or(scope));
    }
    for claim in keys.iter().map(|key| key.claim.as_str()) {
        let is_covered = claims::scope_of(claim).is_some_and(|scope| about_user.contains(&scope));
        if let Some(words) = claims::words::phrase(claim).filter(|_| !is_covered) {
            add(claim, "", words);
        }
    }
    for key in keys.iter().filter(|key| !key.resource.is_empty()) {
        let resource = snapshot.resource(&key.resource);
        let called = resource.map_or(key.resource.as_str(), |resource| &resource.name);
        let has_scope =
            |other: &ConsentKey| other.resource == key.resource && !other.scope.is_empty();
        if key.scope.is_empty() {
            if !keys.iter().any(has_scope) {
                add("", called, consent::KNOWN_THERE);
            }
            continue;
        }
        let scopes = resource.map_or(&[][..], |resource| &resource.scopes);
        let found = scopes.iter().find(|scope| scope.name == key.scope);
        add(&key.scope, called, found.map_or(&key.scope, |scope| &scope.description));
    }
    views
}
