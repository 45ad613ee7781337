//! `keywright users disable` and `users enable`.

use keywright_core::account::sessions::{Ending, end_everything};
use keywright_core::audit::{Event, Kind};

use super::{Output, Who, describe, find_own};
use crate::failure::{self, Failure};
use crate::wire::Wired;

pub(super) fn run(
    who: &Who,
    disable: bool,
    wired: &Wired<'_>,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    let now = wired.now();
    let user = failure::write(&wired.store, |tx| {
        let mut user = find_own(tx, who)?;
        if user.disabled_at.is_some() != disable {
            user.disabled_at = disable.then_some(now);
            user.updated_at = now;
            tx.update_user(&user)?;
            let kind = if disable { Kind::UserDisabled } else { Kind::UserEnabled };
            wired.record(tx, Event::new(kind).user(&user.id), now)?;
        }
        if disable {
            end_everything(tx, &user.id, Ending::Disabled, now)?;
        }
        Ok(user)
    })?;
    let done = if disable { "disabled" } else { "enabled" };
    Ok(output.say(&format!("{done} user {}", user.login), &describe(&user))?)
}
