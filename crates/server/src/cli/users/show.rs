//! `keywright users show`.

use super::{Output, Who, describe, find};
use crate::failure::{self, Failure};
use crate::wire::Wired;

pub(super) fn run(who: &Who, wired: &Wired<'_>, output: &mut Output<'_>) -> Result<(), Failure> {
    let user = failure::read(&wired.store, |tx| find(tx, who))?;
    Ok(output.record(&describe(&user))?)
}
