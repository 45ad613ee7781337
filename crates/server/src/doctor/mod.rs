//! What `keywright doctor` looks at: everything between the configuration and a browser far away,
//! and what to do about what is wrong. Changes nothing: where there is no database it makes none.

mod clock;
mod database;
mod files;
mod issuer;
mod keys;
mod proxy;

use serde::Serialize;

use crate::clock::SystemClock;
use crate::config::{Config, Problem};
use keywright_core::time::Clock as _;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    /// As it should be.
    Ok,
    /// It works, but somebody should look at it.
    Warning,
    /// Users or clients are, or will be, turned away.
    Failure,
}

/// One thing that was looked at.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Finding {
    /// What was looked at: a word or two, stable for scripts.
    pub(crate) check: &'static str,
    /// How it is.
    pub(crate) status: Status,
    /// What was found, in a sentence.
    pub(crate) what: String,
    /// What to do; nothing when all is well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) todo: Option<String>,
}

impl Finding {
    fn ok(check: &'static str, what: impl Into<String>) -> Self {
        Self { check, status: Status::Ok, what: what.into(), todo: None }
    }

    fn warning(check: &'static str, what: impl Into<String>, todo: impl Into<String>) -> Self {
        Self { check, status: Status::Warning, what: what.into(), todo: Some(todo.into()) }
    }

    fn failure(check: &'static str, what: impl Into<String>, todo: impl Into<String>) -> Self {
        Self { check, status: Status::Failure, what: what.into(), todo: Some(todo.into()) }
    }
}

/// Looks at a valid configuration and at everything that it points to.
pub(crate) fn examine(config: &Config) -> Vec<Finding> {
    let now = SystemClock.now();
    let mut findings = vec![Finding::ok("configuration", "every option is valid")];
    findings.extend(clock::examine(now));
    findings.extend(files::examine(config));
    let (stored, kids) = database::examine(config, now);
    findings.extend(stored);
    findings.extend(issuer::examine(config, &kids, now));
    findings.extend(proxy::examine(config));
    findings
}

/// What there is to say about a configuration that is not valid.
pub(crate) fn misconfigured(problems: &[Problem]) -> Vec<Finding> {
    let todo = "correct it; `keywright config default` explains every option";
    let finding = |problem: &Problem| Finding::failure("configuration", problem.to_string(), todo);
    problems.iter().map(finding).collect()
}
