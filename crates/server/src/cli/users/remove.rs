//! `keywright users remove`.

use keywright_core::audit::{Event, Kind};
use serde_json::json;

use super::{Output, Who, find_removable};
use crate::config::reconcile;
use crate::failure::{self, Failure};
use crate::wire::Wired;

pub(super) fn run(who: &Who, wired: &Wired<'_>, output: &mut Output<'_>) -> Result<(), Failure> {
    let user = failure::write(&wired.store, |tx| {
        let user = find_removable(tx, who, wired.config)?;
        tx.remove_user(&user.id)?;
        reconcile::forget_user(tx, &user.id)?;
        let event =
            Event::new(Kind::UserRemoved).user(&user.id).detail("login", user.login.as_str());
        wired.record(tx, event, wired.now())?;
        Ok(user)
    })?;
    let removed = json!({ "removed": user.login, "subject": user.subject });
    Ok(output.say(&format!("removed user {}", user.login), &removed)?)
}
