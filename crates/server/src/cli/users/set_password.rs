//! `keywright users set-password`.

use keywright_core::account::sessions::{Ending, end_everything};
use keywright_core::audit::{Event, Kind};
use keywright_core::store::CredentialRow;

use super::{Output, Who, ask_password, describe, find_own};
use crate::failure::{self, Failure};
use crate::wire::Wired;

pub(super) fn run(who: &Who, wired: &Wired<'_>, output: &mut Output<'_>) -> Result<(), Failure> {
    failure::read(&wired.store, |tx| find_own(tx, who))?;
    let hash = ask_password(wired)?;
    let now = wired.now();
    let user = failure::write(&wired.store, |tx| {
        let user = find_own(tx, who)?;
        tx.put_credential(&CredentialRow::password(&user.id, &hash, false, now))?;
        end_everything(tx, &user.id, Ending::PasswordChanged, now)?;
        wired.record(tx, Event::new(Kind::PasswordChanged).user(&user.id), now)?;
        Ok(user)
    })?;
    Ok(output.say(&format!("changed the password of user {}", user.login), &describe(&user))?)
}
