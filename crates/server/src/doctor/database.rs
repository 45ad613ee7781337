//! The database: reachable, undamaged, of our version, opened by our master key, with somebody
//! who administers it.

use std::path::Path;

use keywright_core::account::user::ADMIN;
use keywright_core::id::Kid;
use keywright_core::keys::seal::MasterKey;
use keywright_core::random::OsRandom;
use keywright_core::store::{ResourceRow, StoreExt as _, UserRow};
use keywright_core::time::{Seconds, Timestamp};
use keywright_storage::Database;

use super::{Finding, clock, keys};
use crate::config::Config;
use crate::{account, master_key, wire};

/// What was found, and the keys that sign.
pub(super) fn examine(config: &Config, now: Timestamp) -> (Vec<Finding>, Vec<Kid>) {
    let mut findings = Vec::new();
    let Some(store) = open(config, &mut findings) else {
        return (findings, Vec::new());
    };
    if !condition(&store, now, &mut findings) || !tables(&store, &mut findings) {
        return (findings, Vec::new());
    }
    findings.push(master(config, &store));
    findings.extend(administrator(&store));
    findings.extend(config.longest_token.and_then(|longest| outliving(&store, longest)));
    let rows = match store.read(|tx| Ok(tx.keys()?)) {
        Ok(rows) => rows,
        Err(error) => {
            findings.push(broken(&error.to_string()));
            return (findings, Vec::new());
        }
    };
    findings.extend(keys::examine(&rows, &config.settings.keys, now));
    (findings, keys::signing(&rows))
}

/// Opening would make a SQLite file that is not there.
fn open(config: &Config, findings: &mut Vec<Finding>) -> Option<Database> {
    let file = config.database.url.expose().strip_prefix("sqlite://").map(Path::new);
    if let Some(file) = file.filter(|file| !file.exists()) {
        findings.push(Finding::warning(
            "database",
            format!("there is no database {} yet", file.display()),
            "the first start makes it; if there should be one, check data_dir and database.url",
        ));
        return None;
    }
    match wire::database(config) {
        Ok(store) => Some(store),
        Err(failure) => {
            findings.push(Finding::failure(
                "database",
                failure.message,
                "check that the database runs, and that database.url has the right host, name, \
                 user and password",
            ));
            None
        }
    }
}

/// Whether it can be worked with.
fn condition(store: &Database, now: Timestamp, findings: &mut Vec<Finding>) -> bool {
    let examined = match store.examine() {
        Ok(examined) => examined,
        Err(error) => {
            findings.push(broken(&error.to_string()));
            return false;
        }
    };
    findings.push(Finding::ok("database", examined.description));
    for risk in examined.risks {
        let todo = "change it where the database is configured: what was handed out could be lost";
        findings.push(Finding::warning("durability", risk, todo));
    }
    if examined.in_the_clear {
        findings.push(Finding::warning(
            "database encryption",
            "what is asked of the database crosses a network unencrypted",
            "add `sslmode=verify-full` and `sslrootcert` to database.url, unless nobody else is \
             on that network",
        ));
    }
    for damage in &examined.damage {
        let todo = "stop the server, keep a copy of the file, and restore a backup";
        findings.push(Finding::failure("integrity", damage.clone(), todo));
    }
    if let Some(theirs) = examined.clock {
        findings.push(clock::compare("the database", theirs, now));
    }
    examined.damage.is_empty()
}

/// Whether the tables are of this version.
fn tables(store: &Database, findings: &mut Vec<Finding>) -> bool {
    match store.pending_migrations() {
        Ok(pending) if pending.is_empty() => {
            findings.push(Finding::ok("migrations", "every one is applied"));
            true
        }
        Ok(pending) => {
            let what = format!("the tables lack {}", pending.join(", "));
            let todo = "run `keywright migrate`, or start the server, which does it too";
            findings.push(Finding::failure("migrations", what, todo));
            false
        }
        Err(error) => {
            let todo = "use the newer binary: an older one would not understand the tables";
            findings.push(Finding::failure("migrations", error.to_string(), todo));
            false
        }
    }
}

/// Looks like a start of the server, but generates nothing.
fn master(config: &Config, store: &Database) -> Finding {
    let loaded = master_key::load(config, &OsRandom, false);
    let checked = loaded.and_then(|master| Ok(master.check(store)?));
    match checked {
        Ok(()) => Finding::ok("master key", "fits the database"),
        Err(_) if config.master_key.is_none() && is_unclaimed(store) => {
            Finding::ok("master key", "the first start makes it")
        }
        Err(failure) => Finding::failure(
            "master key",
            failure.message,
            "give back the key that this database was made with (master_key_file, or master.key \
             in the data directory); without it nothing that is sealed can be opened",
        ),
    }
}

fn is_unclaimed(store: &Database) -> bool {
    MasterKey::is_unclaimed(store).unwrap_or(false)
}

fn administrator(store: &Database) -> Option<Finding> {
    let administers = |roles: &[String]| roles.iter().any(|role| role == ADMIN);
    let found = store.read(|tx| {
        let is_there = |user: &UserRow| user.disabled_at.is_none() && administers(&user.roles);
        Ok(account::any(tx, is_there)?)
    });
    match found {
        Ok(true) => None,
        Ok(false) => Some(Finding::warning(
            "administrator",
            "there is none",
            "run `keywright users add --admin NAME`",
        )),
        Err(error) => Some(broken(&error.to_string())),
    }
}

/// Resources from before `keys.retired` was made shorter.
fn outliving(store: &Database, longest: Seconds) -> Option<Finding> {
    let resources = match store.read(|tx| Ok(tx.resources()?)) {
        Ok(resources) => resources,
        Err(error) => return Some(broken(&error.to_string())),
    };
    let too_long = |row: &&ResourceRow| {
        row.resource.access_token_lifetime.is_some_and(|lifetime| lifetime > longest)
    };
    let names: Vec<_> =
        resources.iter().filter(too_long).map(|row| row.resource.identifier.as_str()).collect();
    (!names.is_empty()).then(|| {
        Finding::warning(
            "resources",
            format!("tokens outlive the keys that signed them: {}", names.join(", ")),
            "make keys.retired longer, or their access_token_lifetime shorter",
        )
    })
}

fn broken(why: &str) -> Finding {
    Finding::failure(
        "database",
        why,
        "see the database's own log; restore a backup if it is corrupt",
    )
}
