//! `keywright config check` and `keywright config default`.

use std::io;

use clap::Subcommand;
use serde_json::json;

use super::output::Output;
use crate::config::DEFAULT_FILE;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Say everything that is wrong with the configuration, or `ok`
    Check,
    /// Print every option with its default and an explanation
    Default,
}

/// Reached only with a valid configuration: reading it told of every problem.
pub(super) fn check(output: &mut Output<'_>) -> io::Result<()> {
    output.say("ok", &json!({ "ok": true }))
}

/// Prints the default file.
pub(super) fn default(output: &mut Output<'_>) -> io::Result<()> {
    output.say(DEFAULT_FILE.trim_end(), &json!({ "default": DEFAULT_FILE }))
}
