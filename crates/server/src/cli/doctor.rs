//! `keywright doctor`.

use serde_json::to_value;

use super::output::Output;
use crate::config::{Config, Problem};
use crate::doctor::{self, Finding, Status};
use crate::failure::Failure;

/// Says how everything is. Status 0 with nothing worse than warnings, 1 with a failure.
pub(super) fn run(
    config: &Result<Config, Vec<Problem>>,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    let findings = match config {
        Ok(config) => doctor::examine(config),
        Err(problems) => doctor::misconfigured(problems),
    };
    output.say(&report(&findings), &to_value(&findings)?)?;
    let failures = findings.iter().filter(|finding| finding.status == Status::Failure).count();
    match failures {
        0 => Ok(()),
        1 => Err(Failure::new("one thing is broken")),
        count => Err(Failure::new(format!("{count} things are broken"))),
    }
}

/// A line for each finding, and below it what to do.
fn report(findings: &[Finding]) -> String {
    let line = |finding: &Finding| {
        let status = match finding.status {
            Status::Ok => "ok",
            Status::Warning => "warning",
            Status::Failure => "FAILURE",
        };
        let todo = finding.todo.as_ref().map(|todo| format!("\n         -> {todo}"));
        let Finding { check, what, .. } = finding;
        format!("{status:8} {check}: {what}{}", todo.unwrap_or_default())
    };
    findings.iter().map(line).collect::<Vec<_>>().join("\n")
}
