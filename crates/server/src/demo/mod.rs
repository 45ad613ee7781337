//! `keywright demo`: a playground in one process. A real server over a scratch database, an
//! application that logs in with it and shows every step, and an API that checks its tokens. The
//! three speak HTTP with each other, as they would on three machines.
//!
//! Passwords are printed, so it listens on loopback alone.

mod api;
mod application;
mod explain;
mod stage;
mod token;
mod wire;

use std::io::Write;
use std::net::SocketAddrV4;
use std::path::PathBuf;

use clap::Args;

use crate::cli::Ending;
use crate::failure::Failure;
use crate::telemetry;
use stage::Stage;

#[derive(Debug, Args)]
pub(crate) struct Flags {
    /// Where the server listens: an address of this machine alone, and a port; 0 takes a free one.
    /// The application and the API take the next two ports
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddrV4,
    /// Keep the database in this directory instead of one that is removed at the end
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

/// Runs until a signal ends it; says on `err` where to go.
///
/// # Errors
/// When the address is not of this machine alone, or any part cannot be started.
pub(crate) fn run(flags: Flags, err: &mut dyn Write) -> Result<(), Ending> {
    if !flags.listen.ip().is_loopback() {
        return Err(Failure::new("everybody knows the demo's passwords: it listens on loopback")
            .hint("use an address such as 127.0.0.1:8080; for others run `keywright serve`")
            .into());
    }
    let stage = Stage::set(flags.listen, flags.keep)?;
    let config = stage.config().map_err(Ending::Configuration)?;
    let _telemetry = telemetry::start(&config.log)?;
    crate::wire::serve_beside(&config, || {
        let signs = stage.signs();
        stage.open()?;
        Ok(writeln!(err, "{signs}")?)
    })?;
    Ok(())
}
