//! `keywright clients revoke-tokens`.

use keywright_core::audit::{Event, Kind};
use keywright_core::time::Seconds;

use super::{Output, Which, describe, find};
use crate::failure::{self, Failure};
use crate::wire::Wired;

/// Everything issued to the client before the next second is dead: tokens, grants, codes. The
/// present second is included, since nothing tells what of it was issued earlier. No file says so,
/// so a declared client is not spared.
pub(super) fn run(
    which: &Which,
    wired: &Wired<'_>,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    let now = wired.now();
    let client = failure::write(&wired.store, |tx| {
        let mut client = find(tx, &which.client_id)?;
        client.tokens_not_before = Some(now.plus(Seconds(1)));
        client.updated_at = now;
        tx.update_client(&client)?;
        let event = Event::new(Kind::ClientChanged).client(&client.id);
        wired.record(tx, event.detail("tokens_not_before", now.0 + 1), now)?;
        Ok(client)
    })?;
    let text = format!("everything that client {} was issued until now is dead", client.id);
    Ok(output.say(&text, &describe(&client, None)?)?)
}
