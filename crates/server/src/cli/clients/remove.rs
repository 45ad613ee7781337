//! `keywright clients remove`.

use keywright_core::audit::{Event, Kind};
use serde_json::json;

use super::{Output, Which, find_removable};
use crate::failure::{self, Failure};
use crate::wire::Wired;

pub(super) fn run(
    which: &Which,
    wired: &Wired<'_>,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    let client = failure::write(&wired.store, |tx| {
        let client = find_removable(tx, &which.client_id, wired.config)?;
        tx.remove_client(&client.id)?;
        let event = Event::new(Kind::ClientRemoved).client(&client.id);
        wired.record(tx, event, wired.now())?;
        Ok(client)
    })?;
    let removed = json!({ "removed": client.id });
    Ok(output.say(&format!("removed client {}", client.id), &removed)?)
}
