//! The command line: a file per verb. Only here is anything printed, through a writer.
//!
//! Exit status: 0 done, 1 refused (with `error: ...` and often `hint: ...` on standard error),
//! 2 wrong usage.

mod audit;
mod clients;
mod config;
mod doctor;
mod health;
mod keys;
mod migrate;
mod output;
mod resources;
mod secret_input;
mod serve;
mod users;
mod when;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use keywright_core::store::Origin;
use keywright_core::time::Timestamp;

use crate::config::{Config, Problem, Sources, file, load};
use crate::demo;
use crate::failure::Failure;
pub(crate) use output::readable_instant;
use output::{Format, Output};

/// A standalone OAuth 2.x / OpenID Connect authorization server.
#[derive(Debug, Parser)]
#[command(name = "keywright", version, about, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Args)]
struct Global {
    /// The configuration file [default: keywright.toml, if it exists]
    #[arg(long, global = true, value_name = "PATH", env = "KEYWRIGHT_CONFIG")]
    config: Option<PathBuf>,
    /// Where the SQLite database and the generated master key are kept
    #[arg(long, global = true, value_name = "PATH")]
    data_dir: Option<PathBuf>,
    /// How to print results
    #[arg(short, long, global = true, value_name = "FORMAT", default_value = "text")]
    output: Format,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server (what happens without a command, too)
    Serve(serve::Flags),
    /// Try it out: a server, an application and an API, with nothing to configure
    Demo(demo::Flags),
    /// See whether everything between the configuration and a browser is well
    #[command(long_about = DOCTOR)]
    Doctor,
    /// Ask the server that runs here whether it is ready: status 0 if it is, 1 if not
    Health,
    /// Bring the database's tables up to date, and do nothing else
    Migrate,
    /// Look at the configuration
    #[command(subcommand)]
    Config(config::Verb),
    /// People who log in
    #[command(subcommand)]
    Users(users::Verb),
    /// Applications that ask for tokens
    #[command(subcommand)]
    Clients(clients::Verb),
    /// APIs that access tokens are for
    #[command(subcommand)]
    Resources(resources::Verb),
    /// Read what happened: logins, changes, revocations; newest first
    Audit(audit::Arguments),
    /// Keys that sign tokens
    #[command(subcommand)]
    Keys(keys::Verb),
}

/// What `keywright doctor --help` says.
const DOCTOR: &str = "See whether everything between the configuration and a browser is well: files, \
clock, database, keys, and the issuer as it answers over the network. Changes nothing. Each finding \
says what to do. Exit status 0 if there is nothing worse than warnings, 1 if something is broken.";

/// Why a command ended badly.
pub(crate) enum Ending {
    /// The configuration is wrong: every problem.
    Configuration(Vec<Problem>),
    /// Anything else.
    Failure(Failure),
}

impl<F: Into<Failure>> From<F> for Ending {
    fn from(failure: F) -> Self {
        Self::Failure(failure.into())
    }
}

/// Runs the command; the exit status.
pub(crate) fn run(cli: Cli, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    let mut output = Output::new(out, cli.global.output);
    let ended = dispatch(cli, &mut output, err);
    let told = match ended {
        Ok(()) => return 0,
        Err(Ending::Failure(failure)) => writeln!(err, "{failure}"),
        Err(Ending::Configuration(problems)) => tell(err, &problems),
    };
    // Nobody reads standard error any more: the status still tells.
    told.map_or(1, |()| 1)
}

fn dispatch(cli: Cli, output: &mut Output<'_>, err: &mut dyn Write) -> Result<(), Ending> {
    let Cli { global, command } = cli;
    let flags = match &command {
        Some(Command::Serve(flags)) => flags.options(),
        _ => BTreeMap::new(),
    };
    let command = match command {
        Some(Command::Config(config::Verb::Default)) => return Ok(config::default(output)?),
        Some(Command::Demo(_)) if global.data_dir.is_some() => {
            let failure = Failure::new("the demo has a data directory of its own");
            return Err(failure.hint("keep it with `keywright demo --keep DIR`").into());
        }
        Some(Command::Demo(flags)) => return demo::run(flags, err),
        command => command,
    };
    let config = configuration(&global, flags);
    if let Some(Command::Doctor) = command {
        return Ok(doctor::run(&config, output)?);
    }
    let config = config.map_err(Ending::Configuration)?;
    match command {
        None | Some(Command::Serve(_) | Command::Demo(_) | Command::Doctor) => serve::run(&config)?,
        Some(Command::Health) => health::run(&config, output)?,
        Some(Command::Migrate) => migrate::run(&config, output)?,
        Some(Command::Config(_)) => config::check(&config, output)?,
        Some(Command::Users(verb)) => users::run(verb, &config, output)?,
        Some(Command::Clients(verb)) => clients::run(verb, &config, output)?,
        Some(Command::Resources(verb)) => resources::run(verb, &config, output)?,
        Some(Command::Audit(arguments)) => audit::run(&arguments, &config, output)?,
        Some(Command::Keys(verb)) => keys::run(verb, &config, output)?,
    }
    Ok(())
}

fn configuration(
    global: &Global,
    mut flags: BTreeMap<&'static str, String>,
) -> Result<Config, Vec<Problem>> {
    if let Some(path) = &global.data_dir {
        flags.insert("data_dir", path.display().to_string());
    }
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let file = file(global.config.as_deref()).map_err(|problem| vec![problem])?;
    load(Sources { flags, environment: environment.collect(), file })
}

fn tell(err: &mut dyn Write, problems: &[Problem]) -> std::io::Result<()> {
    let count = problems.len();
    let plural = if count == 1 { "problem" } else { "problems" };
    writeln!(err, "error: the configuration has {count} {plural}")?;
    for problem in problems {
        writeln!(err, "  {}", problem.to_string().replace('\n', "\n    "))?;
    }
    writeln!(err, "hint: `keywright config default` explains every option")
}

/// Whether the command line may remove a row: one of its own, or one that the configuration let go
/// of. A start has disabled that one; another configuration that still has it would have it back.
///
/// # Errors
/// What to do first.
fn check_removable(
    origin: Origin,
    disabled_at: Option<Timestamp>,
    is_declared: bool,
) -> Result<(), &'static str> {
    match (origin, disabled_at) {
        (Origin::Config, _) if is_declared => {
            Err("take it out of the file and restart the server, which disables it; then remove it")
        }
        (Origin::Config, None) => {
            Err("if its file has it no more, restart the server, which disables it; then remove it")
        }
        _ => Ok(()),
    }
}

/// Whether a row is in use, as it is printed.
fn status(disabled_at: Option<Timestamp>) -> &'static str {
    if disabled_at.is_some() { "disabled" } else { "enabled" }
}
