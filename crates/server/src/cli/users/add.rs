//! `keywright users add`.

use keywright_core::account::setup;
use keywright_core::account::user::{ADMIN, check_login, check_subject, normalize_login};
use keywright_core::audit::{Event, Kind};
use keywright_core::id::{Subject, UserId};
use keywright_core::store::{CredentialRow, Origin, StoreError, UserRow};
use serde_json::{Map, Value};

use super::{Output, ask_password, claim, describe};
use crate::failure::{self, Failure};
use crate::wire::Wired;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// The login name
    login: String,
    /// May administer Keywright itself
    #[arg(long)]
    admin: bool,
    /// The claim `email`; it counts as not verified unless `--claim email_verified=true` says so
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// The claim `name`
    #[arg(long)]
    name: Option<String>,
    /// Another claim; the value is JSON if it parses as JSON, otherwise text (repeatable)
    #[arg(long = "claim", value_name = "KEY=VALUE", value_parser = claim)]
    claims: Vec<(String, Value)>,
    /// A group (repeatable)
    #[arg(long = "group", value_name = "NAME")]
    groups: Vec<String>,
    /// `sub`, which can never be changed [default: random]
    #[arg(long, value_name = "SUB", value_parser = subject)]
    subject: Option<String>,
    /// Ask for no password: the user cannot log in with one until it is set
    #[arg(long)]
    no_password: bool,
}

fn subject(text: &str) -> Result<String, &'static str> {
    check_subject(text).map(|()| text.to_owned())
}

pub(super) fn run(
    arguments: &Arguments,
    wired: &Wired<'_>,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    let user = row(arguments, wired)?;
    let hash = if arguments.no_password { None } else { Some(ask_password(wired)?) };
    failure::write(&wired.store, |tx| {
        if arguments.admin {
            setup::close(tx)?;
        }
        tx.insert_user(&user).map_err(|error| match error {
            StoreError::Conflict(_) => taken(&user),
            error => error.into(),
        })?;
        if let Some(hash) = &hash {
            let row = CredentialRow::password(&user.id, hash, false, user.created_at);
            tx.put_credential(&row)?;
        }
        let event = Event::new(Kind::UserAdded).user(&user.id).detail("login", user.login.as_str());
        Ok(wired.record(tx, event, user.created_at)?)
    })?;
    let text = format!("added user {} with the subject {}", user.login, user.subject);
    Ok(output.say(&text, &describe(&user))?)
}

fn row(arguments: &Arguments, wired: &Wired<'_>) -> Result<UserRow, Failure> {
    let login = normalize_login(&arguments.login);
    check_login(&login).map_err(|why| Failure::new(why).hint("choose another login name"))?;
    let subject = arguments.subject.as_ref().map(Subject::new);
    let named = [("email", &arguments.email), ("name", &arguments.name)];
    let named = named
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), Value::String(value.clone()?))));
    let now = wired.now();
    Ok(UserRow {
        id: UserId::generate(&wired.random)?,
        subject: subject.map_or_else(|| Subject::generate(&wired.random), Ok)?,
        login,
        claims: arguments.claims.iter().cloned().chain(named).collect::<Map<_, _>>(),
        groups: arguments.groups.clone(),
        roles: if arguments.admin { vec![ADMIN.to_owned()] } else { Vec::new() },
        origin: Origin::Cli,
        disabled_at: None,
        created_at: now,
        updated_at: now,
    })
}

fn taken(user: &UserRow) -> Failure {
    Failure::new(format!("the login name {:?} or its subject is taken", user.login))
        .hint("`keywright users list` shows by whom; `users set-password` changes a password")
}
