//! `keywright clients rotate-secret`.

use keywright_core::time::Seconds;

use super::metadata::span;
use super::{Output, describe, find_own, secret, secret_row};
use crate::failure::{self, Failure};
use crate::wire::Wired;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// `client_id`
    client_id: String,
    /// How long the old secrets are still accepted: "24h"
    #[arg(long, value_name = "SPAN", value_parser = span, default_value = "0")]
    keep_old: i64,
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
    let secret = secret(wired, arguments.secret_stdin)?;
    let row = secret_row(wired, &client.id, &secret)?;
    failure::write(&wired.store, |tx| {
        let client = find_own(tx, &arguments.client_id)?;
        let end = row.created_at.plus(Seconds(arguments.keep_old));
        tx.expire_client_secrets(&client.id, None, end)?;
        Ok(tx.insert_client_secret(&row)?)
    })?;
    let shown = (!arguments.secret_stdin).then_some(&secret);
    Ok(output.record(&describe(&client, shown)?)?)
}
