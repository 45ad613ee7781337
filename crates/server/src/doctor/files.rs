//! Files: who may read them, whether they fit each other, and whether there is room for more.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::Finding;
use crate::config::{Config, Tls};
use crate::{master_key, wire};

/// Less room than this is too little, in bytes.
const ROOM: u64 = 1 << 30;

/// Less of the whole than one part in this many is too little.
const SHARE: u64 = 10;

/// The data directory with what is in it, and the configured files that hold secrets.
pub(super) fn examine(config: &Config) -> Vec<Finding> {
    let mut findings: Vec<_> = config.secret_files.iter().filter_map(|file| secret(file)).collect();
    findings.extend(config.tls.iter().flat_map(pair));
    if !config.database.is_sqlite() {
        return findings;
    }
    let dir = &config.data_dir;
    if !dir.exists() {
        let what = format!("there is no data directory {} yet", dir.display());
        findings.push(Finding::ok("data directory", what));
        return findings;
    }
    let key = dir.join(master_key::FILE);
    if config.master_key.is_none() && is_open(&key) {
        findings.push(Finding::failure(
            "permissions",
            format!("others may read the master key {}", key.display()),
            format!("run `chmod 600 {}`, and think about who could have read it", key.display()),
        ));
    }
    if is_open(dir) {
        findings.push(Finding::warning(
            "permissions",
            format!("others may look into the data directory {}", dir.display()),
            format!("run `chmod 700 {}`", dir.display()),
        ));
    }
    findings.push(room(dir));
    findings
}

fn secret(file: &Path) -> Option<Finding> {
    is_open(file).then(|| readable("secret", file, "600"))
}

/// What the listener would have, and its key.
fn pair(tls: &Tls) -> Vec<Finding> {
    let unfit = wire::certificate(tls).err().map(|failure| {
        let todo = "correct tls.certificate_file and tls.key_file: with these the server does not \
                    start";
        Finding::failure("tls files", failure.message, todo)
    });
    // A group may have it: that is how a service gets a key of root's.
    let open = allows(&tls.key, 0o004).then(|| readable("TLS key", &tls.key, "o="));
    unfit.into_iter().chain(open).collect()
}

fn readable(what: &str, file: &Path, mode: &str) -> Finding {
    let file = file.display();
    Finding::warning(
        "permissions",
        format!("others on this machine may read the {what} in {file}"),
        format!("run `chmod {mode} {file}`, unless a container keeps others out"),
    )
}

fn is_open(path: &Path) -> bool {
    allows(path, 0o077)
}

/// Whether anybody of these may do anything with the file.
fn allows(path: &Path, whom: u32) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & whom != 0)
}

fn room(dir: &Path) -> Finding {
    let there = match rustix::fs::statvfs(dir) {
        Ok(there) => there,
        Err(error) => {
            let what = format!("cannot tell how much room {} has: {error}", dir.display());
            return Finding::warning("disk", what, "see whether its disk is well");
        }
    };
    judge(
        there.f_bavail.saturating_mul(there.f_frsize),
        there.f_blocks.saturating_mul(there.f_frsize),
    )
}

fn judge(free: u64, whole: u64) -> Finding {
    let percent = free.saturating_mul(100).checked_div(whole).unwrap_or(100);
    let what = format!("{} MiB are free, {percent} % of the disk", free >> 20);
    if free < ROOM || free < whole / SHARE {
        return Finding::warning("disk", what, "make room: without it nobody can log in");
    }
    Finding::ok("disk", what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Status;

    #[test]
    fn less_than_a_gibibyte_or_a_tenth_is_too_little_room() {
        for (free, whole, status) in [
            (50 * ROOM, 100 * ROOM, Status::Ok),
            (9 * ROOM, 100 * ROOM, Status::Warning),
            (ROOM - 1, 2 * ROOM, Status::Warning),
            (ROOM, 2 * ROOM, Status::Ok),
            (0, 0, Status::Warning),
        ] {
            assert_eq!(judge(free, whole).status, status, "{free} of {whole}");
        }
    }
}
