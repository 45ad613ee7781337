//! Logs: lines of text or JSON on standard error; with the feature `otel`, traces by OTLP too.

#[cfg(feature = "otel")]
mod export;

use std::io::{IsTerminal as _, Write as _};

use serde_json::json;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, fmt};

use crate::config::Log;
use crate::failure::Failure;

/// What says at every start and stop what our own lines say already, and what calls it an error of
/// ours, each time, when a client sends nonsense or is gone; `log.level` may undo it.
const QUIET: &str = "actix_server=warn,actix_http::h1::dispatcher=off";

/// Telemetry that runs. What was not sent yet is sent when this is dropped.
#[must_use = "traces end when this is dropped"]
pub(crate) struct Telemetry {
    #[cfg(feature = "otel")]
    _exporter: Option<export::Exporter>,
}

/// Sends everything that is traced to standard error.
///
/// # Errors
/// When `log.level` is wrong, an `OTEL_*` variable is, or somebody was first.
pub(crate) fn start(log: &Log) -> Result<Telemetry, Failure> {
    let filter = EnvFilter::try_new(format!("{QUIET},{}", log.level)).map_err(|error| {
        Failure::new(format!("log.level: {error}")).hint("use error, warn, info, debug or trace")
    })?;
    let lines =
        fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    let lines = if log.json {
        lines.json().flatten_event(true).boxed()
    } else {
        lines.with_target(false).boxed()
    };
    let subscriber = tracing_subscriber::registry().with(filter).with(lines);
    #[cfg(feature = "otel")]
    let (subscriber, exporter) = {
        let exporter = export::Exporter::start()?;
        (subscriber.with(exporter.as_ref().map(export::Exporter::layer)), exporter)
    };
    subscriber
        .try_init()
        .map_err(|error| Failure::new(format!("cannot start logging: {error}")))?;
    Ok(Telemetry {
        #[cfg(feature = "otel")]
        _exporter: exporter,
    })
}

/// Tells whoever reads standard error, whatever `log.level` is: a line of text, or of JSON when
/// the log is. It is no log line and goes nowhere else, since it may hold a one-time secret.
///
/// # Errors
/// When standard error cannot be written to.
pub(crate) fn tell(log: &Log, message: &str) -> Result<(), Failure> {
    let line = if log.json { json!({"message": message}).to_string() } else { message.to_owned() };
    Ok(writeln!(std::io::stderr().lock(), "{line}")?)
}
