//! `keywright resources show`.

use super::{Output, Which, describe, find};
use crate::failure::{self, Failure};
use crate::wire::Wired;

pub(super) fn run(
    which: &Which,
    wired: &Wired<'_>,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    let row = failure::read(&wired.store, |tx| find(tx, &which.identifier))?;
    Ok(output.record(&describe(&row)?)?)
}
