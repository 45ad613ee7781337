//! `keywright clients disable` and `clients enable`.

use keywright_core::audit::{Event, Kind};

use super::{Output, Which, describe, find_own};
use crate::failure::{self, Failure};
use crate::wire::Wired;

pub(super) fn run(
    which: &Which,
    disable: bool,
    wired: &Wired<'_>,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    let now = wired.now();
    let client = failure::write(&wired.store, |tx| {
        let mut client = find_own(tx, &which.client_id)?;
        if client.disabled_at.is_some() != disable {
            client.disabled_at = disable.then_some(now);
            client.updated_at = now;
            tx.update_client(&client)?;
            let kind = if disable { Kind::ClientDisabled } else { Kind::ClientEnabled };
            wired.record(tx, Event::new(kind).client(&client.id), now)?;
        }
        Ok(client)
    })?;
    let done = if disable { "disabled" } else { "enabled" };
    Ok(output.say(&format!("{done} client {}", client.id), &describe(&client, None)?)?)
}
