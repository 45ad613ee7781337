//! `keywright users set-password`.

use keywright_core::audit::{Event, Kind};

use super::{Output, Who, ask_password, describe, find, password};
use crate::account::{self, Ending};
use crate::failure::{self, Failure};
use crate::wire::Wired;

/// A declared user, too: the file gives the first password, and one that is set later stays.
pub(super) fn run(who: &Who, wired: &Wired<'_>, output: &mut Output<'_>) -> Result<(), Failure> {
    failure::read(&wired.store, |tx| find(tx, who))?;
    let hash = ask_password(wired)?;
    let now = wired.now();
    let user = failure::write(&wired.store, |tx| {
        let user = find(tx, who)?;
        tx.put_credential(&password(&user, &hash, now))?;
        account::end_everything(tx, &user.id, Ending::PasswordChanged, now)?;
        wired.record(tx, Event::new(Kind::PasswordChanged).user(&user.id), now)?;
        Ok(user)
    })?;
    Ok(output.say(&format!("changed the password of user {}", user.login), &describe(&user))?)
}
