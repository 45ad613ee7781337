//! The server is killed, its database restarts, its disk is full or fails: a refresh token that a client
//! received stays good.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use keywright_testkit::database::{OwnServer, damage_of_sqlite};
use reqwest::blocking::Client;

use crate::sandbox::Sandbox;
use crate::visitor::{Reply, Visitor, configuration, refresh};

/// How long a busy machine may take for anything.
const PATIENCE: Duration = Duration::from_secs(60);

/// Clients that refresh at the same time, each under a grant of its own.
const CROWD: usize = 6;

/// A lost answer may be asked for again for longer than any of these tests takes.
const LONG_GRACE: &str = "lifetimes.refresh_grace = '20m'\n";

/// A client: the refresh token that it received last, and the one before.
struct Holder {
    current: String,
    predecessor: Option<String>,
}

impl Holder {
    fn crowd(server: &str) -> Vec<Self> {
        let visitor = Visitor::new();
        let begin = |_| Self { current: visitor.refresh_token(server), predecessor: None };
        (0..CROWD).map(begin).collect()
    }

    fn receive(&mut self, reply: &Reply) {
        let next = reply.member("refresh_token");
        self.predecessor = Some(std::mem::replace(&mut self.current, next));
    }

    /// The last token works, and the one before leads to the same grant's newest: to the last one,
    /// or to the one whose answer was lost.
    fn verify(&mut self, http: &Client, server: &str) {
        let Some(predecessor) = self.predecessor.clone() else { return };
        let again = refresh(http, server, &predecessor).unwrap().member("refresh_token");
        let last = self.current.clone();
        self.receive(&refresh(http, server, &last).unwrap());
        assert!(again == last || again == self.current, "the family forked");
    }

    /// After the window the predecessor is theft: it ends the grant.
    fn replay(&self, http: &Client, server: &str) {
        let Some(predecessor) = &self.predecessor else { return };
        for token in [predecessor, &self.current] {
            let reply = refresh(http, server, token).unwrap();
            assert_eq!((reply.status, &reply.json()["error"]), (400, &"invalid_grant".into()));
        }
    }
}

fn verify(holders: &mut [Holder], http: &Client, server: &str) {
    for holder in holders {
        holder.verify(http, server);
    }
}

/// Refreshes until there is nobody to ask; says when an answer came.
fn refresh_until_death(holder: &mut Holder, server: &str, came: &Sender<()>) {
    let http = Visitor::new().http;
    while let Ok(reply) = refresh(&http, server, &holder.current) {
        holder.receive(&reply);
        came.send(()).unwrap();
    }
}

fn wait_for(answers: &Receiver<()>, count: u32) {
    for _ in 0..count {
        answers.recv_timeout(PATIENCE).unwrap();
    }
}

/// The kills of one run: `KEYWRIGHT_TEST_KILLS`, or a few.
fn kills() -> u32 {
    std::env::var("KEYWRIGHT_TEST_KILLS").map_or(3, |kills| kills.parse().unwrap())
}

fn database(sandbox: &Sandbox) -> PathBuf {
    sandbox.dir.path().join("data/keywright.db")
}

#[test]
fn a_server_that_is_killed_under_load_loses_no_token_that_a_client_received() {
    let sandbox = Sandbox::configured(&format!("{LONG_GRACE}{}", configuration()));
    let http = Visitor::new().http;
    let mut holders = Holder::crowd(&sandbox.serve().url);
    for kill in 0..kills() {
        let server = sandbox.serve();
        let url = server.url.clone();
        verify(&mut holders, &http, &url);
        std::thread::scope(|scope| {
            let (sender, answers) = channel();
            for holder in &mut holders {
                let (url, sender) = (&url, sender.clone());
                scope.spawn(move || refresh_until_death(holder, url, &sender));
            }
            // As good as any moment: the others are anywhere between lock and answer.
            wait_for(&answers, 5 + kill.wrapping_mul(2_654_435_761) % 97);
            // SIGKILL.
            drop(server);
        });
        assert_eq!(damage_of_sqlite(&database(&sandbox)), [""; 0]);
    }
    let server = sandbox.serve();
    verify(&mut holders, &http, &server.url);
    drop(server);
    sandbox.write("keywright.toml", &format!("lifetimes.refresh_grace = '0'\n{}", configuration()));
    let server = sandbox.serve();
    for holder in &holders {
        holder.replay(&http, &server.url);
    }
}

/// Refreshes until it is told to stop. An answer is a token, or a 503 that says when to come back.
fn refresh_through(holder: &mut Holder, server: &str, stop: &AtomicBool, came: &Sender<()>) {
    let http = Visitor::new().http;
    while !stop.load(Ordering::Relaxed) {
        let reply = refresh(&http, server, &holder.current).unwrap();
        if reply.status == 200 {
            holder.receive(&reply);
            // Nobody counts any more once there were enough.
            came.send(()).ok();
        } else {
            assert_eq!(reply.status, 503, "{}", reply.body);
            assert!(reply.headers.contains_key("retry-after"), "{reply:?}");
        }
    }
}

#[test]
fn a_postgresql_that_restarts_under_load_means_503_and_service_resumes_by_itself() {
    let Some(mut postgresql) = OwnServer::start() else {
        println!("skipped: there is no PostgreSQL here");
        return;
    };
    let head = "master_key_file = 'key'\ndatabase.url_file = 'url'\n";
    let sandbox = Sandbox::configured(&format!("{head}{LONG_GRACE}{}", configuration()));
    sandbox.write("key", "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=\n");
    sandbox.write("url", &postgresql.url);
    let server = sandbox.serve();
    let http = Visitor::new().http;
    let mut holders = Holder::crowd(&server.url);
    for mode in ["fast", "immediate"] {
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let (sender, answers) = channel();
            for holder in &mut holders {
                let (url, stop, sender) = (&server.url, &stop, sender.clone());
                scope.spawn(move || refresh_through(holder, url, stop, &sender));
            }
            wait_for(&answers, 50);
            postgresql.restart(mode);
            answers.try_iter().count();
            wait_for(&answers, 50);
            stop.store(true, Ordering::Relaxed);
        });
        verify(&mut holders, &http, &server.url);
    }
}

/// A small file system in memory at a folder; unmounted at the end.
struct SmallDisk<'a>(&'a Path);

impl<'a> SmallDisk<'a> {
    /// None where it may not be mounted; in CI it must.
    fn mount(folder: &'a Path) -> Option<Self> {
        std::fs::create_dir(folder).unwrap();
        let size = ["-t", "tmpfs", "-o", "size=6m", "tmpfs"];
        let mounted = Command::new("mount").args(size).arg(folder).output();
        if mounted.is_ok_and(|mounted| mounted.status.success()) {
            return Some(Self(folder));
        }
        assert!(
            std::env::var("CI").as_deref() != Ok("true"),
            "CI=true, but nothing can be mounted"
        );
        None
    }

    fn remount(&self, how: &str) {
        let status = Command::new("mount").args(["-o", how]).arg(self.0).status().unwrap();
        assert!(status.success());
    }

    /// Leaves no room, until the file goes.
    fn fill(&self) -> PathBuf {
        let path = self.0.join("fill");
        let mut file = File::create(&path).unwrap();
        for size in [65_536, 512, 1] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
        path
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        Command::new("umount").arg(self.0).status().ok();
    }
}

#[test]
fn a_full_disk_is_a_clear_refusal_and_loses_nothing() {
    let sandbox = Sandbox::configured(&format!("{LONG_GRACE}{}", configuration()));
    let folder = sandbox.dir.path().join("data");
    let Some(disk) = SmallDisk::mount(&folder) else {
        println!("skipped: only root may mount a small disk");
        return;
    };
    let server = sandbox.serve();
    let http = Visitor::new().http;
    let mut holders = Holder::crowd(&server.url);
    let fill = disk.fill();
    let holder = &mut holders[0];
    // The log of the database has some room left; then there is none.
    let refused = (0..5000).find_map(|_| {
        let reply = refresh(&http, &server.url, &holder.current).unwrap();
        if reply.status != 200 {
            return Some(reply);
        }
        holder.receive(&reply);
        None
    });
    let refused = refused.expect("the disk is full");
    assert!([500, 503].contains(&refused.status), "{refused:?}");
    assert!(refused.json()["error"].is_string());
    server.get("/jwks");
    std::fs::remove_file(fill).unwrap();
    for holder in &mut holders {
        let reply = refresh(&http, &server.url, &holder.current).unwrap();
        holder.receive(&reply);
        holder.verify(&http, &server.url);
    }
    let (status, log) = server.stop();
    assert!(status.success(), "{log}");
    assert!(log.contains("disk is full"), "{log}");
    assert_eq!(damage_of_sqlite(&database(&sandbox)), [""; 0]);
}

#[test]
fn a_read_only_disk_is_told_at_the_start_and_loses_nothing() {
    let sandbox = Sandbox::configured(&format!("{LONG_GRACE}{}", configuration()));
    let folder = sandbox.dir.path().join("data");
    let Some(disk) = SmallDisk::mount(&folder) else {
        println!("skipped: only root may mount a small disk");
        return;
    };
    let server = sandbox.serve();
    let http = Visitor::new().http;
    let mut holders = Holder::crowd(&server.url);
    server.stop();
    disk.remount("remount,ro");
    let told = sandbox.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(told.status, Some(1), "{}", told.err);
    let file = "data/keywright.db";
    assert!(told.err.contains(file) && told.err.contains("writable"), "{}", told.err);
    disk.remount("remount,rw");
    let server = sandbox.serve();
    for holder in &mut holders {
        let reply = refresh(&http, &server.url, &holder.current).unwrap();
        holder.receive(&reply);
    }
    drop(server);
}

/// A file system of its own in a file, which can fail as a broken disk makes one fail.
struct FailingDisk {
    folder: PathBuf,
    image: PathBuf,
}

impl FailingDisk {
    /// None where it may not be mounted; in CI it must.
    fn mount(sandbox: &Sandbox) -> Option<Self> {
        let disk = Self {
            folder: sandbox.dir.path().join("data"),
            image: sandbox.dir.path().join("image"),
        };
        std::fs::create_dir(&disk.folder).unwrap();
        File::create(&disk.image).unwrap().set_len(32 << 20).unwrap();
        if run(Command::new("mkfs.ext4").arg("-q").arg(&disk.image)) && disk.attach() {
            return Some(disk);
        }
        assert!(
            std::env::var("CI").as_deref() != Ok("true"),
            "CI=true, but nothing can be mounted"
        );
        None
    }

    fn attach(&self) -> bool {
        run(Command::new("mount").args(["-o", "loop"]).args([&self.image, &self.folder]))
    }

    /// From now on it is read-only, whatever is open.
    fn fail(&self) {
        assert!(run(Command::new("mount").args(["-o", "remount,abort"]).arg(&self.folder)));
    }

    /// Mends it; nothing may be open.
    fn mend(&self) {
        assert!(run(Command::new("umount").arg(&self.folder)));
        // Its status says that there was something to mend.
        run(Command::new("fsck.ext4").arg("-fy").arg(&self.image));
        assert!(self.attach());
    }
}

impl Drop for FailingDisk {
    fn drop(&mut self) {
        run(Command::new("umount").arg("-l").arg(&self.folder));
    }
}

/// Whether a command exists and succeeds.
fn run(command: &mut Command) -> bool {
    command.output().is_ok_and(|ran| ran.status.success())
}

#[test]
fn a_disk_that_turns_read_only_is_a_clear_refusal_and_loses_nothing() {
    let sandbox = Sandbox::configured(&format!("{LONG_GRACE}{}", configuration()));
    let Some(disk) = FailingDisk::mount(&sandbox) else {
        println!("skipped: only root may mount a disk that fails");
        return;
    };
    let server = sandbox.serve();
    let http = Visitor::new().http;
    let mut holders = Holder::crowd(&server.url);
    for holder in &mut holders {
        let reply = refresh(&http, &server.url, &holder.current).unwrap();
        holder.receive(&reply);
    }
    disk.fail();
    for holder in &holders {
        let refused = refresh(&http, &server.url, &holder.current).unwrap();
        assert!([500, 503].contains(&refused.status), "{refused:?}");
        assert!(refused.json()["error"].is_string());
        server.get("/jwks");
    }
    let (status, log) = server.stop();
    assert!(status.success(), "{log}");
    assert!(log.contains("readonly database"), "{log}");
    disk.mend();
    assert_eq!(damage_of_sqlite(&database(&sandbox)), [""; 0]);
    let server = sandbox.serve();
    verify(&mut holders, &http, &server.url);
    drop(server);
}

#[test]
fn a_master_key_of_another_database_is_told_at_the_start() {
    let sandbox = Sandbox::configured(&configuration());
    sandbox.restart();
    let key = sandbox.dir.path().join("data/master.key");
    let right = std::fs::read_to_string(&key).unwrap();
    std::fs::write(&key, "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=\n").unwrap();
    let told = sandbox.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(told.status, Some(1), "{}", told.err);
    assert!(told.err.contains("error: ") && told.err.contains("master key"), "{}", told.err);
    std::fs::write(&key, right).unwrap();
    sandbox.restart();
}
