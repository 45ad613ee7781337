//! A scratch directory in which the binary runs, and a server that runs there.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

/// How long a server may take to start or stop on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a command did.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// Standard output of a command that succeeded.
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.status, Some(0), "{}", self.err);
        self.out
    }

    /// The JSON document of a command that succeeded.
    pub(crate) fn json(self) -> Value {
        serde_json::from_str(&self.ok()).unwrap()
    }

    /// Standard error of a command that was refused and printed nothing else.
    pub(crate) fn refused(self) -> String {
        assert_eq!(self.status, Some(1), "{}{}", self.out, self.err);
        assert_eq!(self.out, "");
        assert!(self.err.starts_with("error: "), "{}", self.err);
        self.err
    }
}

/// A scratch directory.
pub(crate) struct Sandbox {
    pub(crate) dir: Arc<TempDir>,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        Self { dir: Arc::new(TempDir::new().unwrap()) }
    }

    /// One with this `keywright.toml`.
    pub(crate) fn configured(text: &str) -> Self {
        let sandbox = Self::new();
        sandbox.write("keywright.toml", text);
        sandbox
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.dir.path().join(name), text).unwrap();
    }

    /// The binary here, with nothing of ours in its environment but a cheap password cost and no
    /// limits.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keywright"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("KEYWRIGHT_") {
                command.env_remove(name);
            }
        }
        command.env("KEYWRIGHT_PASSWORDS__COST", "10");
        command.env("KEYWRIGHT_MANAGEMENT__LISTEN", "127.0.0.1:0");
        command.env("KEYWRIGHT_LIMITS__ENABLED", "false");
        command.args(args).current_dir(self.dir.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        self.run_with(args, "")
    }

    /// Runs with `input` on standard input.
    pub(crate) fn run_with(&self, args: &[&str], input: &str) -> Ran {
        finish(self.command(args), input)
    }

    /// Starts a server on a free port and waits until it listens. What it prints on standard
    /// output is in the file `stdout`.
    pub(crate) fn serve(&self) -> Server {
        let mut server = start(self.command(&["serve", "--listen", "127.0.0.1:0"]));
        server.dir = Some(Arc::clone(&self.dir));
        server
    }

    /// Starts a server, so that it reconciles, and stops it; its log.
    pub(crate) fn restart(&self) -> String {
        self.serve().stop().1
    }

    /// The database of this directory.
    pub(crate) fn database(&self) -> keywright_storage::Database {
        let path = self.dir.path().join("data/keywright.db");
        let url = format!("sqlite://{}", path.display());
        keywright_storage::Database::open(&url, keywright_storage::Options::default()).unwrap()
    }
}

/// Starts a server by this command and waits until it listens.
pub(crate) fn start(mut command: Command) -> Server {
    let stdout = File::create(command.get_current_dir().unwrap().join("stdout")).unwrap();
    let mut child = command.stdout(stdout).spawn().unwrap();
    let lines = lines(&mut child);
    let mut server = Server { child, lines, log: Vec::new(), url: String::new(), dir: None };
    let line = server.wait_for("listening on 127.0.0.1:");
    let address = line.split("listening on ").nth(1).unwrap().split(',').next().unwrap();
    server.url = format!("http://{address}");
    server
}

/// Runs a command to its end.
pub(crate) fn finish(mut command: Command, input: &str) -> Ran {
    let mut child = command.spawn().unwrap();
    // A command that reads nothing may be gone before it is written to.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    Ran {
        status: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn lines(child: &mut Child) -> Receiver<String> {
    let stderr = child.stderr.take().unwrap();
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

/// A running server, killed when it goes out of scope.
pub(crate) struct Server {
    child: Child,
    lines: Receiver<String>,
    log: Vec<String>,
    /// Where it listens.
    pub(crate) url: String,
    /// Its directory, which must not go before it.
    dir: Option<Arc<TempDir>>,
}

impl Server {
    /// Reads the log up to a line that has `text`.
    pub(crate) fn wait_for(&mut self, text: &str) -> String {
        loop {
            let Ok(line) = self.lines.recv_timeout(PATIENCE) else {
                panic!("no {text:?} in the log:\n{}", self.log.join("\n"));
            };
            self.log.push(line.clone());
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Asks the server to stop, as an init system would; its status and whole log.
    pub(crate) fn stop(self) -> (ExitStatus, String) {
        self.terminate();
        self.ended()
    }

    /// Sends SIGTERM.
    pub(crate) fn terminate(&self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    }

    /// Changes the limit of open files, as `prlimit` writes it.
    pub(crate) fn limit_files(&self, limit: &str) {
        let pid = self.child.id().to_string();
        let nofile = format!("--nofile={limit}");
        assert!(Command::new("prlimit").args(["--pid", &pid, &nofile]).status().unwrap().success());
    }

    /// Waits for the end of the process; its status and whole log.
    pub(crate) fn ended(mut self) -> (ExitStatus, String) {
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            self.log.push(line);
        }
        (self.child.wait().unwrap(), self.log.join("\n"))
    }

    /// Where it listens, as address:port.
    pub(crate) fn address(&self) -> &str {
        self.url.strip_prefix("http://").unwrap()
    }

    /// The URL of the management listener.
    pub(crate) fn management(&self) -> &str {
        self.log.iter().find_map(|line| line.split("management on ").nth(1)).unwrap()
    }

    /// Asks the management listener: status and body.
    pub(crate) fn manage(&self, path: &str) -> (u16, String) {
        let answer = reqwest::blocking::get(format!("{}{path}", self.management())).unwrap();
        (answer.status().as_u16(), answer.text().unwrap())
    }

    /// The value of a metric, labels and all.
    pub(crate) fn metric(&self, name: &str) -> Option<f64> {
        let (status, text) = self.manage("/metrics");
        assert_eq!(status, 200, "{text}");
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
        Some(line.parse().unwrap())
    }

    /// Ends the server as a power cut would.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        let answer = reqwest::blocking::get(format!("{}{path}", self.url)).unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().unwrap()
    }
}

impl Drop for Server {
    #[expect(clippy::print_stdout, reason = "a test that fails shows it")]
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let rest = self.lines.iter();
            self.log.extend(rest);
            println!("what the server said:\n{}", self.log.join("\n"));
        }
    }
}
