//! Secrets that a person types or a program pipes in; never arguments, which every process on
//! the machine may read.

use std::io::{IsTerminal as _, Read as _, stdin};

use keywright_core::secret::Secret;

use crate::failure::Failure;

/// The longest secret that is read, in bytes.
const LONGEST: u64 = 16 * 1024;

/// A secret: prompted for twice without echo at a terminal, otherwise all of standard input
/// without the line break at its end.
///
/// # Errors
/// When nothing is given, the two differ, or reading fails.
pub(super) fn read(what: &str) -> Result<Secret, Failure> {
    let secret = if stdin().is_terminal() { prompt(what)? } else { piped(what)? };
    if secret.expose().is_empty() {
        return Err(Failure::new(format!("the {what} is empty"))
            .hint("type it, or pipe it in from a file: `... < secret.txt`"));
    }
    Ok(secret)
}

fn prompt(what: &str) -> Result<Secret, Failure> {
    let ask = |question: String| rpassword::prompt_password(question).map(Secret::new);
    let first = ask(format!("New {what}: "))?;
    let second = ask(format!("The {what} again: "))?;
    if first.digest().matches(&second.digest()) {
        return Ok(first);
    }
    Err(Failure::new("the two differ; nothing was changed").hint("try again"))
}

fn piped(what: &str) -> Result<Secret, Failure> {
    let mut text = String::new();
    stdin().lock().take(LONGEST).read_to_string(&mut text).map_err(|error| {
        Failure::new(format!("cannot read the {what} from standard input: {error}"))
    })?;
    let secret = Secret::new(text.trim_end_matches(['\r', '\n']));
    drop(zeroize::Zeroizing::new(text));
    if secret.expose().contains(['\r', '\n']) {
        return Err(
            Failure::new(format!("the {what} has a line break inside")).hint("give it on one line")
        );
    }
    Ok(secret)
}
