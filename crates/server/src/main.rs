//! `keywright`: the command line, configuration, wiring and background jobs of the Keywright
//! authorization server. The protocol is in `keywright-core`.

mod account;
mod cli;
mod clock;
mod config;
mod demo;
mod doctor;
mod failure;
mod jobs;
mod master_key;
mod metrics;
mod open_files;
mod readiness;
mod shutdown;
mod telemetry;
mod wire;

use std::io::{stderr, stdout};
use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let command = cli::Cli::parse();
    ExitCode::from(cli::run(command, &mut stdout().lock(), &mut stderr()))
}
