//! A file of `users import`, as CSV and as JSON lines.

#![no_main]

use keywright_core::account::password::check_stored;
use keywright_core::account::user::{check_login, check_subject, normalize_login};
use keywright_core::time::Timestamp;
use keywright_testkit::world::SeededRandom;
use libfuzzer_sys::fuzz_target;
use line::Line;
use row::Candidate;

#[path = "../../../crates/server/src/cli/users/import/csv.rs"]
mod csv;
#[path = "../../../crates/server/src/failure.rs"]
#[allow(dead_code, reason = "only the messages are of interest")]
mod failure;
#[path = "../../../crates/server/src/cli/users/import/json_lines.rs"]
mod json_lines;
#[path = "../../../crates/server/src/cli/users/import/line.rs"]
#[allow(dead_code, reason = "nothing is reported")]
mod line;
#[path = "../../../crates/server/src/cli/users/import/row.rs"]
#[allow(dead_code, reason = "the rest of the import is not looked at")]
mod row;

const IGNORED: &str = "date_joined";

fuzz_target!(|file: &[u8]| {
    let ignored = [IGNORED.to_owned()];
    match csv::read(file, &ignored) {
        Ok(lines) => check(file, lines, &ignored),
        Err(why) => assert!(!why.message.is_empty()),
    }
    check(file, json_lines::read(file), &ignored);
});

fn check(file: &[u8], lines: Vec<Line>, ignored: &[String]) {
    let most = file.split(|byte| matches!(byte, b'\n' | b'\r')).count() as u64;
    let random = SeededRandom::new("import");
    for line in lines {
        assert!((1..=most).contains(&line.number), "line {} of {most}", line.number);
        match row::read(line, ignored, &random, Timestamp(1_800_000_000)) {
            Ok(candidate) => check_candidate(&candidate),
            Err(why) => assert!(!why.reason.is_empty()),
        }
    }
}

fn check_candidate(Candidate { user, hash, .. }: &Candidate) {
    assert_eq!(check_login(&user.login), Ok(()));
    assert_eq!(normalize_login(&user.login), user.login);
    assert_eq!(check_subject(user.subject.as_str()), Ok(()));
    assert!(hash.as_ref().is_none_or(|hash| check_stored(hash.expose()).is_ok()));
    assert!(!user.claims.contains_key("password_hash") && !user.claims.contains_key("password"));
}
