//! `keywright config check` and `keywright config default`.

use std::io;

use clap::Subcommand;
use serde_json::json;

use super::output::Output;
use crate::config::{Config, DEFAULT_FILE};
use crate::failure::Failure;
use crate::wire;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Say everything that is wrong with the configuration, or `ok`
    Check,
    /// Print every option with its default and an explanation
    Default,
}

/// Reached only with valid options: reading them told of every problem. What is left is that the
/// certificate and its key fit each other.
pub(super) fn check(config: &Config, output: &mut Output<'_>) -> Result<(), Failure> {
    config.tls.as_ref().map(wire::certificate).transpose()?;
    Ok(output.say("ok", &json!({ "ok": true }))?)
}

/// Prints the default file.
pub(super) fn default(output: &mut Output<'_>) -> io::Result<()> {
    output.say(DEFAULT_FILE.trim_end(), &json!({ "default": DEFAULT_FILE }))
}
