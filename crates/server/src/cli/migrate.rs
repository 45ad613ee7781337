//! `keywright migrate`.

use serde_json::json;

use super::output::Output;
use crate::config::Config;
use crate::failure::Failure;
use crate::wire;

/// Brings the tables up to date.
pub(super) fn run(config: &Config, output: &mut Output<'_>) -> Result<(), Failure> {
    wire::database(config)?.migrate()?;
    Ok(output.say("the database is up to date", &json!({ "migrated": true }))?)
}
