//! `keywright users set-password`.

use keywright_core::account::sessions::{Ending, end_everything};
use keywright_core::audit::{Event, Kind};
use keywright_core::store::{CredentialRow, Origin};

use super::{Output, Who, ask_password, describe, find};
use crate::failure::{self, Failure};
use crate::wire::Wired;

/// A declared user, too: the file gives the first password, and one that is set later stays.
pub(super) fn run(who: &Who, wired: &Wired<'_>, output: &mut Output<'_>) -> Result<(), Failure> {
    failure::read(&wired.store, |tx| find(tx, who))?;
    let hash = ask_password(wired)?;
    let now = wired.now();
    let user = failure::write(&wired.store, |tx| {
        let user = find(tx, who)?;
        // In place of a declared password it stays, as if its user had chosen it.
        let stays = user.origin == Origin::Config;
        tx.put_credential(&CredentialRow::password(&user.id, &hash, stays, now))?;
        end_everything(tx, &user.id, Ending::PasswordChanged, now)?;
        wired.record(tx, Event::new(Kind::PasswordChanged).user(&user.id), now)?;
        Ok(user)
    })?;
    Ok(output.say(&format!("changed the password of user {}", user.login), &describe(&user))?)
}
