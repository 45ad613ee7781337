//! `keywright users change`.

use keywright_core::account::setup;
use keywright_core::account::user::{ADMIN, check_login, normalize_login};
use keywright_core::audit::{Event, Kind};
use keywright_core::store::{StoreError, UserRow};
use serde_json::Value;

use super::{Output, Who, claim, describe, find_own};
use crate::failure::{self, Failure};
use crate::wire::Wired;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    who: Who,
    #[command(flatten)]
    changes: Changes,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = true)]
struct Changes {
    /// Another login name; the subject stays
    #[arg(long, value_name = "NAME")]
    login: Option<String>,
    /// The claim `email`; it counts as not verified unless `--claim email_verified=true` says so
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// The claim `name`
    #[arg(long)]
    name: Option<String>,
    /// Another claim; the value is JSON if it parses as JSON, otherwise text (repeatable)
    #[arg(long = "claim", value_name = "KEY=VALUE", value_parser = claim)]
    claims: Vec<(String, Value)>,
    /// A claim to take away (repeatable)
    #[arg(long = "remove-claim", value_name = "KEY")]
    removed_claims: Vec<String>,
    /// A group to join (repeatable)
    #[arg(long = "add-group", value_name = "NAME")]
    added_groups: Vec<String>,
    /// A group to leave (repeatable)
    #[arg(long = "remove-group", value_name = "NAME")]
    removed_groups: Vec<String>,
    /// A role inside Keywright to have (repeatable)
    #[arg(long = "add-role", value_name = "NAME")]
    added_roles: Vec<String>,
    /// A role inside Keywright to have no more (repeatable)
    #[arg(long = "remove-role", value_name = "NAME")]
    removed_roles: Vec<String>,
    /// May administer Keywright itself: short for `--add-role admin`
    #[arg(long)]
    admin: bool,
}

pub(super) fn run(
    arguments: &Arguments,
    wired: &Wired<'_>,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    let changes = &arguments.changes;
    let now = wired.now();
    let user = failure::write(&wired.store, |tx| {
        let before = find_own(tx, &arguments.who)?;
        let mut user = changes.apply(before.clone())?;
        let differing = differing(&before, &user);
        if differing.is_empty() {
            return Ok(user);
        }
        user.updated_at = now;
        if user.roles.iter().any(|role| role == ADMIN) {
            setup::close(tx)?;
        }
        tx.update_user(&user).map_err(|error| match error {
            StoreError::Conflict(_) => taken(&user),
            error => error.into(),
        })?;
        let event = Event::new(Kind::UserChanged).user(&user.id).detail("changed", differing);
        wired.record(tx, event, now)?;
        Ok(user)
    })?;
    Ok(output.say(&format!("changed user {}", user.login), &describe(&user))?)
}

impl Changes {
    fn apply(&self, mut user: UserRow) -> Result<UserRow, Failure> {
        if let Some(login) = &self.login {
            user.login = normalize_login(login);
            check_login(&user.login)
                .map_err(|why| Failure::new(why).hint("choose another login name"))?;
        }
        if let Some(email) = &self.email {
            if user.claims.get("email").and_then(Value::as_str) != Some(email) {
                user.claims.remove("email_verified");
            }
            user.claims.insert("email".to_owned(), Value::String(email.clone()));
        }
        if let Some(name) = &self.name {
            user.claims.insert("name".to_owned(), Value::String(name.clone()));
        }
        user.claims.extend(self.claims.iter().cloned());
        for key in &self.removed_claims {
            user.claims.remove(key);
        }
        edit(&mut user.groups, &self.added_groups, &self.removed_groups);
        edit(&mut user.roles, &self.added_roles, &self.removed_roles);
        if self.admin {
            edit(&mut user.roles, &[ADMIN.to_owned()], &[]);
        }
        Ok(user)
    }
}

fn edit(names: &mut Vec<String>, added: &[String], removed: &[String]) {
    names.retain(|name| !removed.contains(name));
    for name in added {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
}

/// The names of what differs; claims by their own names.
fn differing(before: &UserRow, after: &UserRow) -> Vec<String> {
    let columns = [
        ("login", before.login != after.login),
        ("groups", before.groups != after.groups),
        ("roles", before.roles != after.roles),
    ];
    let columns = columns.into_iter().filter(|(_, differs)| *differs);
    let keys = before.claims.keys().chain(after.claims.keys());
    let claims = keys.filter(|key| before.claims.get(*key) != after.claims.get(*key));
    let mut names: Vec<String> = columns.map(|(name, _)| name.to_owned()).collect();
    for key in claims {
        if !names.contains(key) {
            names.push(key.clone());
        }
    }
    names
}

fn taken(user: &UserRow) -> Failure {
    Failure::new(format!("the login name {:?} is taken", user.login))
        .hint("`keywright users list` shows by whom")
}
