//! How many files and sockets the process may have open, and how many of them may be connections
//! of clients: never so many that none are left for the database and for `/readyz`.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::config::Config;

/// What is open beside clients and database: listeners, threads' event queues, the log,
/// connections of the management listener.
const OWN: usize = 64;

/// What SQLite opens for a connection: the database, its log, the index of that, a temporary one.
const FOR_A_DATABASE_CONNECTION: usize = 4;

/// The configured number of connections, or fewer if the limit of open files asks for that. Raises
/// the limit as far as it may be raised.
pub(crate) fn connections(config: &Config) -> usize {
    let wanted = config.http.connections;
    let pool = usize::try_from(config.database.pool_size).unwrap_or(usize::MAX);
    let Some(files) = raise() else { return wanted };
    let possible = beside_the_rest(files, pool);
    if possible < wanted {
        tracing::warn!(
            "at most {files} files may be open, so {possible} connections at once, not {wanted}; \
             raise the limit (LimitNOFILE of systemd, --ulimit of Docker, ulimit -n) or lower \
             http.connections"
        );
    }
    wanted.min(possible)
}

/// How many connections `files` leave beside a pool of `pool` and the rest. Half, where that is
/// nearly nothing.
fn beside_the_rest(files: usize, pool: usize) -> usize {
    // One more connection writes.
    let rest = pool.saturating_add(1).saturating_mul(FOR_A_DATABASE_CONNECTION);
    files.saturating_sub(rest.saturating_add(OWN)).max(files / 2).max(1)
}

/// Raises the limit of open files to the highest that this process may set, and tells it; `None`
/// when there is none.
fn raise() -> Option<usize> {
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        let highest = Rlimit { current: limit.maximum, maximum: limit.maximum };
        if let Err(error) = setrlimit(Resource::Nofile, highest) {
            tracing::debug!(%error, "the limit of open files stays as it is");
        }
    }
    let files = getrlimit(Resource::Nofile).current?;
    Some(usize::try_from(files).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_files_for_the_database_and_the_rest() {
        assert_eq!(beside_the_rest(65_536, 8), 65_536 - 64 - 36);
        assert_eq!(beside_the_rest(100, 8), 50);
        assert_eq!(beside_the_rest(0, 8), 1);
    }

    #[test]
    fn the_limit_is_raised_as_far_as_it_goes() {
        let files = raise();
        let limit = getrlimit(Resource::Nofile);
        assert_eq!(limit.current, limit.maximum);
        assert_eq!(files, limit.current.map(|files| usize::try_from(files).unwrap()));
    }
}
