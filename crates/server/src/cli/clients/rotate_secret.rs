//! `keywright clients rotate-secret`.

use keywright_core::audit::{Event, Kind};
use keywright_core::time::{Seconds, Timestamp};

use super::metadata::span;
use super::{Output, describe, find_own, secret, secret_row};
use crate::cli::when;
use crate::failure::{self, Failure};
use crate::wire::Wired;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// `client_id`
    client_id: String,
    /// How long the old secrets are still accepted: "24h"
    #[arg(long, value_name = "SPAN", value_parser = span, default_value = "0")]
    keep_old: i64,
    /// Until when the old secrets are still accepted: a date (its first second in UTC), or an
    /// instant as in RFC 3339
    #[arg(long, value_name = "WHEN", value_parser = when::instant, conflicts_with = "keep_old")]
    until: Option<Timestamp>,
    /// Read the secret from standard input in place of generating one
    #[arg(long)]
    secret_stdin: bool,
}

pub(super) fn run(
    arguments: &Arguments,
    wired: &Wired<'_>,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    let client = failure::read(&wired.store, |tx| find_own(tx, &arguments.client_id))?;
    if client.metadata.is_public() {
        let message = format!("client {:?} is public and has no secret", arguments.client_id);
        return Err(Failure::new(message).hint("register a confidential client beside it"));
    }
    let now = wired.now();
    let end = arguments.until.unwrap_or_else(|| now.plus(Seconds(arguments.keep_old)));
    if end < now {
        return Err(Failure::new("--until is in the past")
            .hint("leave it out, and the old secrets end at once"));
    }
    let secret = secret(wired, arguments.secret_stdin)?;
    let row = secret_row(wired, &client.id, &secret)?;
    failure::write(&wired.store, |tx| {
        let client = find_own(tx, &arguments.client_id)?;
        tx.expire_client_secrets(&client.id, None, end)?;
        tx.insert_client_secret(&row)?;
        let event = Event::new(Kind::ClientSecretRotated).client(&client.id);
        Ok(wired.record(tx, event.detail("old_end_at", end.0), now)?)
    })?;
    let shown = (!arguments.secret_stdin).then_some(&secret);
    Ok(output.record(&describe(&client, shown)?)?)
}
