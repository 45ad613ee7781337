//! `keywright audit`.

use std::collections::BTreeMap;

use keywright_core::audit::Kind;
use keywright_core::id::{ClientId, UserId};
use keywright_core::store::{AuditEvent, AuditFilter, Tx, UserRow};
use serde_json::{Value, json};

use super::output::{Output, instant};
use super::users::find_named;
use super::when::{self, When};
use crate::config::Config;
use crate::failure::{self, Failure};
use crate::wire;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Only events of this kind: `login.failed`, `client.disabled`, ...
    #[arg(long, value_parser = kind)]
    kind: Option<Kind>,
    /// Only events that concern this user: a login name or subject (or, for a user who is gone,
    /// the internal id that events show)
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// Only events that concern this client
    #[arg(long, value_name = "CLIENT_ID")]
    client: Option<String>,
    /// Only events since then: a span before now, a date, or an instant as in RFC 3339
    #[arg(long, value_name = "WHEN", value_parser = when::past)]
    since: Option<When>,
    /// At most so many
    #[arg(long, value_name = "NUMBER", default_value_t = 50)]
    limit: u32,
}

const COLUMNS: [(&str, &str); 6] = [
    ("AT", "at"),
    ("KIND", "kind"),
    ("USER", "user"),
    ("CLIENT", "client_id"),
    ("REQUEST", "request_id"),
    ("DETAILS", "details"),
];

fn kind(text: &str) -> Result<Kind, String> {
    let found = Kind::ALL.iter().copied().find(|kind| kind.as_str() == text);
    found.ok_or_else(|| {
        let names: Vec<_> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
        format!("there are {}", names.join(", "))
    })
}

/// Prints events, newest first.
pub(super) fn run(
    arguments: &Arguments,
    config: &Config,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    let wired = wire::open(config)?;
    let now = wired.now();
    let rows = failure::read(&wired.store, |tx| {
        let filter = AuditFilter {
            kind: arguments.kind.map(|kind| kind.as_str().to_owned()),
            user_id: arguments.user.as_ref().map(|user| user_id(tx, user)).transpose()?,
            client_id: arguments.client.as_ref().map(ClientId::new),
            since: arguments.since.map(|when| when.seen_from(now)),
        };
        let events = tx.audit_events(&filter, arguments.limit)?;
        let mut users = BTreeMap::new();
        for id in events.iter().filter_map(|event| event.user_id.as_ref()) {
            if !users.contains_key(id) {
                users.insert(id.clone(), tx.find_user(id)?);
            }
        }
        Ok(events.iter().map(|event| describe(event, &users)).collect())
    })?;
    Ok(output.table(&COLUMNS, rows)?)
}

/// A user by login name or subject, or one whom only events still know by the internal id.
fn user_id(tx: &mut dyn Tx, named: &str) -> Result<UserId, Failure> {
    let unknown = match find_named(tx, named) {
        Ok(user) => return Ok(user.id),
        Err(failure) => failure,
    };
    let id = UserId::new(named);
    let filter = AuditFilter { user_id: Some(id.clone()), ..AuditFilter::default() };
    if tx.audit_events(&filter, 1)?.is_empty() { Err(unknown) } else { Ok(id) }
}

/// The user by login name; one who is gone by the internal id, which tells events apart.
fn describe(event: &AuditEvent, users: &BTreeMap<UserId, Option<UserRow>>) -> Value {
    let known = event.user_id.as_ref().and_then(|id| users.get(id)?.as_ref());
    let login = known.map(|user| user.login.as_str());
    json!({
        "id": event.id,
        "at": instant(event.at),
        "kind": event.kind,
        "user": login.or(event.user_id.as_ref().map(UserId::as_str)),
        "subject": known.map(|user| &user.subject),
        "client_id": event.client_id,
        "grant_id": event.grant_id,
        "request_id": (!event.request_id.is_empty()).then_some(&event.request_id),
        "details": event.details,
    })
}
