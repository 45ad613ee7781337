//! `keywright clients add`.

use keywright_core::audit::{Event, Kind};
use keywright_core::id::ClientId;
use keywright_core::store::{ClientRow, Origin, StoreError};

use super::metadata::Flags;
use super::{Output, describe, secret, secret_row};
use crate::failure::{self, Failure};
use crate::wire::Wired;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// `client_id`: at most 255 printable ASCII characters [default: random]
    #[arg(value_parser = ClientId::parse)]
    client_id: Option<ClientId>,
    /// Read the secret from standard input in place of generating one
    #[arg(long)]
    secret_stdin: bool,
    #[command(flatten)]
    flags: Flags,
}

pub(super) fn run(
    arguments: &Arguments,
    wired: &Wired<'_>,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    let metadata = arguments.flags.metadata(&wired.config.settings.keys.algorithms)?;
    let chosen = arguments.client_id.clone();
    let now = wired.now();
    let client = ClientRow {
        id: chosen.map_or_else(|| ClientId::generate(&wired.random), Ok)?,
        metadata,
        origin: Origin::Cli,
        disabled_at: None,
        tokens_not_before: None,
        created_at: now,
        updated_at: now,
    };
    let secret = match client.metadata.is_public() {
        true if arguments.secret_stdin => {
            return Err(Failure::new("a public client has no secret")
                .hint("leave --secret-stdin out, or choose another authentication method"));
        }
        true => None,
        false => Some(secret(wired, arguments.secret_stdin)?),
    };
    let hashed = secret.as_ref().map(|secret| secret_row(wired, &client.id, secret)).transpose()?;
    failure::write(&wired.store, |tx| {
        tx.insert_client(&client).map_err(|error| match error {
            StoreError::Conflict(_) => taken(&client),
            error => error.into(),
        })?;
        hashed.as_ref().map(|row| tx.insert_client_secret(row)).transpose()?;
        let event = Event::new(Kind::ClientAdded).client(&client.id);
        Ok(wired.record(tx, event, now)?)
    })?;
    let shown = secret.as_ref().filter(|_| !arguments.secret_stdin);
    Ok(output.record(&describe(&client, shown)?)?)
}

fn taken(client: &ClientRow) -> Failure {
    Failure::new(format!("the client id {:?} is taken", client.id.as_str()))
        .hint("choose another, or leave it out and one is generated")
}
