//! Debian's nginx with the site of `docs/deploy/nginx.conf`.

use std::env;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

const PROGRAM: &str = "/usr/sbin/nginx";

/// As it is installed.
const SITE: &str = include_str!("../../../../../docs/deploy/nginx.conf");

/// Whether it is installed.
///
/// # Panics
/// With `CI=true`, when it is not.
pub(super) fn is_here() -> bool {
    let here = Path::new(PROGRAM).exists();
    let must = env::var("CI").as_deref() == Ok("true");
    assert!(here || !must, "CI=true, but nginx is missing: install nginx-light");
    here
}

/// A port that is free now.
pub(super) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A running nginx, stopped when it goes out of scope.
pub(super) struct Nginx {
    dir: TempDir,
}

impl Nginx {
    /// Listens on `port` before the two replicas. It listens when this returns: nginx goes into
    /// the background after that.
    pub(super) fn start(port: u16, replicas: &[&str]) -> Self {
        let dir = TempDir::new().unwrap();
        let mut site = SITE.replace("listen 8080;", &format!("listen 127.0.0.1:{port};"));
        for (number, address) in replicas.iter().enumerate() {
            site = site.replace(&format!("keywright-{}:8080", number + 1), address);
        }
        fs::write(dir.path().join("site.conf"), site).unwrap();
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {kind};\n"))
            .concat();
        let main = format!(
            "pid nginx.pid;\nerror_log error.log;\nworker_processes 1;\nevents {{}}\n\
             http {{\naccess_log off;\n{temporary}\
             add_header X-Served-By $upstream_addr always;\ninclude site.conf;\n}}\n"
        );
        fs::write(dir.path().join("nginx.conf"), main).unwrap();
        let nginx = Self { dir };
        let output = nginx.command(&[]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        nginx
    }

    fn command(&self, args: &[&str]) -> Command {
        let dir = self.dir.path();
        let mut command = Command::new(PROGRAM);
        command.arg("-p").arg(dir).arg("-c").arg(dir.join("nginx.conf"));
        command.arg("-e").arg(dir.join("error.log")).args(args);
        command
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // By its own process id, and as fast as it can.
        let _ = self.command(&["-s", "stop"]).output();
    }
}
