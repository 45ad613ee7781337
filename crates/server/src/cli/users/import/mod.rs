//! `keywright users import`: many users at once, out of a file.
//!
//! Everything is looked at before anything is written, and everything is written in one
//! transaction, so that an import is there whole or not at all.

mod conflicts;
mod csv;
mod json_lines;
mod line;
mod progress;
mod row;

use std::io::{Read as _, stdin};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use keywright_core::account::setup;
use keywright_core::account::user::ADMIN;
use keywright_core::audit::{Event, Kind};
use keywright_core::store::{CredentialRow, StoreError, Tx};
use serde_json::{Value, json};

use super::Output;
use crate::failure::{self, Failure};
use crate::wire::Wired;
use line::{Line, Refused};
use progress::Progress;
use row::Candidate;

/// What `--help` says of the file.
pub(super) const MEMBERS_EXPLAINED: &str = "\
Columns of CSV, whose first line names them, or members of each JSON object:
  login (or username), password_hash (or password), subject (or sub), email, email_verified, name,
  given_name (or first_name), family_name (or last_name), groups, roles, disabled, is_active, and
  claims, a JSON object. In CSV, groups and roles are separated by semicolons.
A password is never in the clear, but as Keywright stores it, as Django does (pbkdf2_sha256,
bcrypt_sha256, bcrypt, argon2), or plain bcrypt. It is hashed anew when its user logs in.
When a line is refused, nothing is imported. While the users are being written, a server on the
same SQLite database cannot write.";

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// The file, or `-` for standard input
    file: PathBuf,
    /// csv or jsonl (a JSON object on each line) [default: as the file's name ends]
    #[arg(long)]
    format: Option<Format>,
    /// Import the good lines in place of nothing when some are refused
    #[arg(long)]
    skip_refused: bool,
    /// Only say what would be refused
    #[arg(long)]
    dry_run: bool,
    /// A column or member to leave out of account (repeatable)
    #[arg(long = "ignore", value_name = "NAME")]
    ignored: Vec<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Csv,
    #[value(alias = "ndjson")]
    Jsonl,
}

const COLUMNS: [(&str, &str); 3] = [("LINE", "line"), ("LOGIN", "login"), ("REASON", "reason")];

pub(super) fn run(
    arguments: &Arguments,
    wired: &Wired<'_>,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    let lines = read(arguments)?;
    let total = lines.len();
    let now = wired.now();
    let mut refused = Vec::new();
    let mut candidates = Vec::new();
    for line in lines {
        match row::read(line, &arguments.ignored, &wired.random, now) {
            Ok(candidate) => candidates.push(candidate),
            Err(why) => refused.push(why),
        }
    }
    let candidates = conflicts::within_the_file(candidates, &mut refused);
    let candidates = conflicts::with_the_database(candidates, &mut refused, wired)?;
    let may_write = !arguments.dry_run && (refused.is_empty() || arguments.skip_refused);
    let imported = if may_write {
        write(&candidates, &mut refused, arguments.skip_refused, wired)?
    } else {
        0
    };
    refused.sort_by_key(|why| why.line);
    report(arguments, (total, imported), &refused, output)
}

fn read(arguments: &Arguments) -> Result<Vec<Line>, Failure> {
    let format = match arguments.format {
        Some(format) => format,
        None => by_name(&arguments.file)?,
    };
    let mut bytes = Vec::new();
    if arguments.file == Path::new("-") {
        stdin().lock().read_to_end(&mut bytes)?;
    } else {
        bytes = std::fs::read(&arguments.file).map_err(|error| {
            Failure::new(format!("cannot read {}: {error}", arguments.file.display()))
        })?;
    }
    // Spreadsheets begin a file with a byte order mark.
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    match format {
        Format::Csv => csv::read(text, &arguments.ignored),
        Format::Jsonl => Ok(json_lines::read(text)),
    }
}

fn by_name(file: &Path) -> Result<Format, Failure> {
    let extension = file.extension().and_then(|extension| extension.to_str());
    match extension.map(str::to_ascii_lowercase).as_deref() {
        Some("csv") => Ok(Format::Csv),
        Some("jsonl" | "ndjson") => Ok(Format::Jsonl),
        _ => Err(Failure::new(format!("{} does not end in .csv or .jsonl", file.display()))
            .hint("say which it is with --format csv or --format jsonl")),
    }
}

/// Adds everybody in one transaction; how many that were. A login name that somebody took since
/// it was looked at is refused like any other.
fn write(
    candidates: &[Candidate],
    refused: &mut Vec<Refused>,
    skip_refused: bool,
    wired: &Wired<'_>,
) -> Result<usize, Failure> {
    let progress = Progress::new("importing", candidates.len());
    failure::write(&wired.store, |tx| {
        let mut imported = 0;
        for candidate in candidates {
            match add(tx, candidate, wired) {
                Ok(()) => imported += 1,
                Err(StoreError::Conflict(_)) => {
                    let why = candidate.refused("login: was taken during the import".to_owned());
                    if !skip_refused {
                        let message = format!("line {}: {}", why.line, why.reason);
                        return Err(Failure::new(message).hint("nothing was imported; try again"));
                    }
                    refused.push(why);
                }
                Err(error) => return Err(error.into()),
            }
            progress.step();
        }
        Ok(imported)
    })
}

fn add(tx: &mut dyn Tx, candidate: &Candidate, wired: &Wired<'_>) -> Result<(), StoreError> {
    let Candidate { user, hash, .. } = candidate;
    if user.roles.iter().any(|role| role == ADMIN) {
        setup::close(tx)?;
    }
    tx.insert_user(user)?;
    if let Some(hash) = hash {
        let hash = hash.expose();
        tx.put_credential(&CredentialRow::password(&user.id, hash, false, user.created_at))?;
    }
    let event = Event::new(Kind::UserAdded).user(&user.id).detail("login", user.login.as_str());
    wired.record(tx, event.detail("import", candidate.line), user.created_at)
}

fn report(
    arguments: &Arguments,
    (total, imported): (usize, usize),
    refused: &[Refused],
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    let row = |why: &Refused| json!({"line": why.line, "login": why.login, "reason": why.reason});
    let rows: Vec<Value> = refused.iter().map(row).collect();
    let json = json!({
        "read": total,
        "imported": imported,
        "dry_run": arguments.dry_run,
        "refused": rows,
    });
    let tolerated = refused.is_empty() || arguments.skip_refused;
    let text = match (tolerated, arguments.dry_run) {
        (false, _) => None,
        (true, true) => Some(format!("{} of {total} users can be imported", total - rows.len())),
        (true, false) => Some(format!("imported {imported} of {total} users")),
    };
    output.report(&COLUMNS, rows, text.as_deref(), &json)?;
    if tolerated {
        return Ok(());
    }
    let message = format!("{} of {total} users were refused; nothing was imported", refused.len());
    Err(Failure::new(message).hint("correct the lines, or import the others with --skip-refused"))
}
