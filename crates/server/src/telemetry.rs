//! Logs: lines of text or JSON on standard error.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use crate::config::Log;
use crate::failure::Failure;

/// What says at every start and stop what our own lines say already; `log.level` may undo it.
const QUIET: &str = "actix_server=warn";

/// Sends everything that is traced to standard error.
///
/// # Errors
/// When `log.level` is wrong or somebody was first.
pub(crate) fn start(log: &Log) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(format!("{QUIET},{}", log.level)).map_err(|error| {
        Failure::new(format!("log.level: {error}")).hint("use error, warn, info, debug or trace")
    })?;
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let started = if log.json {
        subscriber.json().flatten_event(true).try_init()
    } else {
        subscriber.with_target(false).try_init()
    };
    started.map_err(|error| Failure::new(format!("cannot start logging: {error}")))
}
