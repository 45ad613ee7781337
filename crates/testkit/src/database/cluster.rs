//! The PostgreSQL server of this test process.
//!
//! A shell script makes the cluster, starts it and waits on a pipe. The pipe closes when this
//! process ends, in whatever way; then the script stops the server and removes the files. A word
//! that comes down the pipe restarts the server in that mode of `pg_ctl`.

use std::env;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;

/// Prints the directory of the socket once the server takes connections, and after each restart.
const SUPERVISOR: &str = r#"
set -e
directory=$(mktemp -d /tmp/keywright-pg.XXXXXX)
end() {
    "$1/pg_ctl" -D "$directory/data" -m immediate stop >/dev/null 2>&1 || :
    rm -rf "$directory"
}
trap 'end "$1"' EXIT
{
    "$1/initdb" -D "$directory/data" -U keywright -A trust -E UTF8 --locale=C --no-sync &&
    "$1/pg_ctl" -D "$directory/data" -w -t 60 -l "$directory/log" -o "\
        -c listen_addresses='' -c unix_socket_directories='$directory' -c fsync=off \
        -c synchronous_commit=$2 -c full_page_writes=off -c autovacuum=off \
        -c max_connections=300 -c shared_buffers=32MB" start
} >"$directory/start" 2>&1 || {
    cat "$directory/start" "$directory/log" >&2
    exit 1
}
echo "$directory"
while read -r mode; do
    "$1/pg_ctl" -D "$directory/data" -m "$mode" -w -t 60 -l "$directory/log" restart >/dev/null 2>&1
    echo "$directory"
done
"#;

/// The server's URL, without a schema; none when there is no PostgreSQL on this machine.
pub(super) fn server_url() -> Option<&'static str> {
    static URL: OnceLock<Option<String>> = OnceLock::new();
    URL.get_or_init(|| {
        if let Ok(url) = env::var("KEYWRIGHT_TEST_POSTGRES_URL") {
            return Some(url);
        }
        let Some(programs) = programs() else {
            assert!(
                env::var("CI").as_deref() != Ok("true"),
                "CI=true, but PostgreSQL is missing: install it or set KEYWRIGHT_TEST_POSTGRES_URL"
            );
            eprintln!("PostgreSQL is not installed here: testing on SQLite alone");
            return None;
        };
        Some(start(&programs))
    })
    .as_deref()
}

fn start(programs: &Path) -> String {
    // Held until the process ends; the supervisor reads from its standard input.
    static SERVER: OnceLock<OwnServer> = OnceLock::new();
    SERVER.get_or_init(|| OwnServer::run(programs, "off")).url.clone()
}

/// A PostgreSQL server that one test has for itself. It keeps what it has committed when it is
/// restarted, also in the hard way. Gone with this value.
pub struct OwnServer {
    /// What `Database::open` opens it by.
    pub url: String,
    supervisor: Child,
    answers: BufReader<ChildStdout>,
}

impl OwnServer {
    /// Starts one; none when there is no PostgreSQL on this machine.
    pub fn start() -> Option<Self> {
        server_url()?;
        Some(Self::run(&programs()?, "on"))
    }

    /// Restarts it in this mode of `pg_ctl`: `fast` ends every connection, `immediate` is a crash
    /// with recovery. Returns when it takes connections again.
    pub fn restart(&mut self, mode: &str) {
        let commands = self.supervisor.stdin.as_mut().expect("the supervisor's input");
        writeln!(commands, "{mode}").expect("the supervisor listens");
        self.answer();
    }

    fn run(programs: &Path, synchronous_commit: &str) -> Self {
        let mut command = as_ordinary_user();
        command
            .args(["sh", "-c", SUPERVISOR, "sh"])
            .arg(programs)
            .arg(synchronous_commit)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // Out of reach of a Ctrl-C, which would end it before it could clean up.
            .process_group(0);
        let mut supervisor = command.spawn().expect("a shell");
        let output = supervisor.stdout.take().expect("the supervisor's output");
        let mut server = Self { url: String::new(), supervisor, answers: BufReader::new(output) };
        let directory = server.answer().replace('/', "%2F");
        server.url = format!("postgres://keywright@/postgres?host={directory}");
        server
    }

    fn answer(&mut self) -> String {
        let mut directory = String::new();
        self.answers.read_line(&mut directory).expect("the supervisor's answer");
        let directory = directory.trim_end().to_owned();
        assert!(!directory.is_empty(), "PostgreSQL did not start; its log is above");
        directory
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        // Without its input the supervisor ends the server and itself.
        drop(self.supervisor.stdin.take());
        self.supervisor.wait().ok();
    }
}

/// PostgreSQL refuses to run as root: `setpriv` to the user that its package made.
fn as_ordinary_user() -> Command {
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    if is_root {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--init-groups", "--"]);
        command
    } else {
        Command::new("env")
    }
}

/// The folder of `initdb` and `pg_ctl`: on the search path, or the newest that Debian has.
fn programs() -> Option<PathBuf> {
    let on_path = env::var_os("PATH")
        .into_iter()
        .flat_map(|path| env::split_paths(&path).collect::<Vec<_>>());
    let mut versions: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let entry = entry.ok()?;
            Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin")))
        })
        .collect();
    versions.sort();
    on_path
        .chain(versions.into_iter().rev().map(|(_, folder)| folder))
        .find(|folder| folder.join("initdb").exists() && folder.join("pg_ctl").exists())
}
