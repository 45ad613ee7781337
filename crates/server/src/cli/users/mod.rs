//! `keywright users`.

mod add;
mod change;
mod disable;
mod import;
mod list;
mod remove;
mod set_password;
mod show;

use clap::Subcommand;
use keywright_core::account::password::{check_policy, hash};
use keywright_core::account::user::normalize_login;
use keywright_core::claims::stored;
use keywright_core::id::Subject;
use keywright_core::store::{Origin, Tx, UserRow};
use serde_json::{Map, Value, json};

use super::output::{self, Output};
use crate::config::Config;
use crate::failure::Failure;
use crate::wire::{self, Wired};

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Add a user; the password is read from standard input or asked for
    Add(add::Arguments),
    /// Add many users from CSV or JSON lines, with passwords as another program stored them
    #[command(after_long_help = import::MEMBERS_EXPLAINED)]
    Import(import::Arguments),
    /// List all users
    List,
    /// Show a user
    Show(Who),
    /// Change login name, claims, groups or roles
    Change(Box<change::Arguments>),
    /// Let a user log in no more, and end all sessions and grants
    Disable(Who),
    /// Let a user log in again
    Enable(Who),
    /// Set a password, read from standard input or asked for, and end all sessions and grants
    ///
    /// A declared user's, too: the password in the file is not applied any more then.
    SetPassword(Who),
    /// Remove a user with everything that belongs to them
    ///
    /// A declared user only when the file has them no more and a start has disabled them.
    Remove(Who),
}

#[derive(Debug, clap::Args)]
pub(super) struct Who {
    /// The login name, or the subject (`sub`)
    user: String,
}

/// Runs a verb.
pub(super) fn run(verb: Verb, config: &Config, output: &mut Output<'_>) -> Result<(), Failure> {
    let wired = wire::open(config)?;
    match verb {
        Verb::Add(arguments) => add::run(&arguments, &wired, output),
        Verb::Import(arguments) => import::run(&arguments, &wired, output),
        Verb::Change(arguments) => change::run(&arguments, &wired, output),
        Verb::List => list::run(&wired, output),
        Verb::Show(who) => show::run(&who, &wired, output),
        Verb::Disable(who) => disable::run(&who, true, &wired, output),
        Verb::Enable(who) => disable::run(&who, false, &wired, output),
        Verb::SetPassword(who) => set_password::run(&who, &wired, output),
        Verb::Remove(who) => remove::run(&who, &wired, output),
    }
}

/// A claim as a flag.
fn claim(text: &str) -> Result<(String, Value), String> {
    let (key, value) = text.split_once('=').ok_or("write KEY=VALUE")?;
    if key.is_empty() {
        return Err("the key is empty; write KEY=VALUE".to_owned());
    }
    let text = || Value::String(value.to_owned());
    let value = match serde_json::from_str(value) {
        Ok(value @ Value::String(_)) => value,
        Ok(value) if !stored::is_text(key) => value,
        _ => text(),
    };
    let claim = (key.to_owned(), value);
    stored::check(&Map::from_iter([claim.clone()]))?;
    Ok(claim)
}

fn find(tx: &mut dyn Tx, who: &Who) -> Result<UserRow, Failure> {
    find_named(tx, &who.user)
}

/// The user with this login name or subject.
pub(super) fn find_named(tx: &mut dyn Tx, name: &str) -> Result<UserRow, Failure> {
    let by_login = tx.find_user_by_login(&normalize_login(name))?;
    let found = match by_login {
        None => tx.find_user_by_subject(&Subject::new(name))?,
        found => found,
    };
    found.ok_or_else(|| {
        Failure::new(format!("there is no user {name:?}")).hint("`keywright users list` lists all")
    })
}

/// The user, if the command line may change it.
fn find_own(tx: &mut dyn Tx, who: &Who) -> Result<UserRow, Failure> {
    let user = find(tx, who)?;
    if user.origin == Origin::Config {
        return Err(declared(&user).hint("change it there and restart the server"));
    }
    Ok(user)
}

/// The user, if the command line may remove it.
fn find_removable(tx: &mut dyn Tx, who: &Who, config: &Config) -> Result<UserRow, Failure> {
    let user = find(tx, who)?;
    let is_declared = config.declared.users.iter().any(|declared| declared.login == user.login);
    super::check_removable(user.origin, user.disabled_at, is_declared)
        .map_err(|hint| declared(&user).hint(hint))?;
    Ok(user)
}

fn declared(user: &UserRow) -> Failure {
    Failure::new(format!("user {:?} is declared in the configuration", user.login))
}

fn describe(user: &UserRow) -> Value {
    let claim = |name: &str| user.claims.get(name).cloned().unwrap_or(Value::Null);
    json!({
        "login": user.login,
        "subject": user.subject,
        "name": claim("name"),
        "email": claim("email"),
        "claims": user.claims,
        "groups": user.groups,
        "roles": user.roles,
        "origin": user.origin.as_str(),
        "status": super::status(user.disabled_at),
        "disabled_at": user.disabled_at.map(output::instant),
        "created_at": output::instant(user.created_at),
        "updated_at": output::instant(user.updated_at),
    })
}

/// Reads a password and hashes it.
fn ask_password(wired: &Wired<'_>) -> Result<String, Failure> {
    let password = super::secret_input::read("password")?;
    check_policy(&password).map_err(|why| Failure::new(why).hint("choose another password"))?;
    Ok(hash(&wired.random, &password, wired.config.settings.password_cost)?)
}
