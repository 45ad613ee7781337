//! `keywright keys rotate`.

use keywright_core::keys::algorithm::Algorithm;

use super::{Output, tell};
use crate::failure::Failure;
use crate::wire::Wired;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// Only for this algorithm (repeatable) [default: every enabled one]
    #[arg(long = "algorithm", value_name = "ALG")]
    algorithms: Vec<Algorithm>,
    /// Let the successors sign at once; verifiers that cache the key set may fail for a while
    #[arg(long)]
    immediately: bool,
}

pub(super) fn run(
    arguments: &Arguments,
    wired: &Wired<'_>,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    let master = wired.master_key()?;
    let lifecycle = wired.key_lifecycle(&master);
    let algorithms = match arguments.algorithms.as_slice() {
        [] => &lifecycle.policy.algorithms,
        chosen => chosen,
    };
    tell(&lifecycle.announce(algorithms, arguments.immediately)?, output)
}
