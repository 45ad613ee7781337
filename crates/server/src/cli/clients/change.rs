//! `keywright clients change`.

use keywright_core::audit::{Event, Kind};

use super::metadata::Flags;
use super::{Output, describe, find_own};
use crate::failure::{self, Failure};
use crate::wire::Wired;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// `client_id`
    client_id: String,
    /// A member to bring back to its default, by its name in the metadata (repeatable)
    #[arg(long = "clear", value_name = "MEMBER")]
    cleared: Vec<String>,
    #[command(flatten)]
    flags: Flags,
}

/// What is given replaces what was there, lists as a whole. A client that becomes public loses
/// its secrets.
pub(super) fn run(
    arguments: &Arguments,
    wired: &Wired<'_>,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    let enabled = &wired.config.settings.keys.algorithms;
    let now = wired.now();
    let client = failure::write(&wired.store, |tx| {
        let mut client = find_own(tx, &arguments.client_id)?;
        let flags = &arguments.flags;
        let metadata = flags.changed(&client.metadata, &arguments.cleared, enabled)?;
        if metadata == client.metadata {
            return Ok(client);
        }
        let had_secrets = !client.metadata.is_public();
        client.metadata = metadata;
        client.updated_at = now;
        tx.update_client(&client)?;
        if had_secrets && client.metadata.is_public() {
            tx.expire_client_secrets(&client.id, None, now)?;
        }
        wired.record(tx, Event::new(Kind::ClientChanged).client(&client.id), now)?;
        Ok(client)
    })?;
    Ok(output.record(&describe(&client, None)?)?)
}
