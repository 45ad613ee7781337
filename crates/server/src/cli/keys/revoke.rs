//! `keywright keys revoke`.

use keywright_core::id::Kid;

use super::{Output, tell};
use crate::failure::Failure;
use crate::wire::Wired;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// The key, as `keywright keys list` names it
    kid: String,
}

pub(super) fn run(
    arguments: &Arguments,
    wired: &Wired<'_>,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    let master = wired.master_key()?;
    tell(&wired.key_lifecycle(&master).revoke(&Kid::new(&arguments.kid))?, output)
}
