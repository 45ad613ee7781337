//! More than the server can serve, and clients that are slow, large or many: whoever behaves is
//! served.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

use keywright_core::store::StoreExt as _;
use keywright_testkit::world::CLIENT_SECRET;
use reqwest::blocking::Client;

use crate::raw::{CHEAP, Raw, post};
use crate::sandbox::{Sandbox, Server, start};
use crate::visitor::{Reply, Visitor, configuration};

/// Deadlines that a test can wait for. Nothing else waits so short.
const IMPATIENT: &str = "
[http]
request_timeout = '1s'
body_timeout = '1s'
response_timeout = '1s'
";

const MEBIBYTE: usize = 1 << 20;

/// How much memory a test may cost a server, in bytes: far less than what was sent to it.
const LITTLE: f64 = 64.0 * 1024.0 * 1024.0;

/// More looks than any machine needs.
const LOOKS: usize = 1000;

/// What is open in a test beside its connections.
const BESIDE: u64 = 500;

fn impatient() -> Server {
    Sandbox::configured(IMPATIENT).serve()
}

fn tokens(http: &Client, server: &Server) -> Reply {
    let request = http.post(format!("{}/token", server.url));
    let form = [("grant_type", "client_credentials"), ("scope", "api")];
    Reply::of(request.basic_auth("robot", Some(CLIENT_SECRET)).form(&form)).unwrap()
}

/// It answers, and says that it is ready; on a busy machine not always in time.
fn assert_well(server: &Server) {
    server.get("/jwks");
    assert!((0..LOOKS).any(|_| server.manage("/readyz").0 == 200), "it is not ready");
}

/// Looks until a metric has at least this value.
fn until(server: &Server, metric: &str, value: f64) {
    while server.metric(metric).is_none_or(|now| now < value) {}
}

#[test]
fn a_head_that_does_not_end_is_answered_408_and_the_connection_closed() {
    let server = impatient();
    let mut slow = Raw::saying(&server, "GET /jwks HTTP/1.1\r\nHo");
    let told = slow.rest();
    assert!(told.starts_with("http/1.1 408 "), "{told}");
    assert_well(&server);
}

#[test]
fn a_second_head_has_a_deadline_too_also_when_it_trickles() {
    let server = impatient();
    for trickles in [false, true] {
        let mut slow = Raw::saying(&server, CHEAP);
        assert!(slow.answer().starts_with("http/1.1 200 "));
        slow.0.write_all(b"GET /jwks HTTP/1.1\r\nX: ").unwrap();
        let told = if trickles { slow.trickle(b"x") } else { slow.rest() };
        assert_eq!(told, "");
    }
    assert_eq!(server.metric("keywright_http_connections_slow_total"), Some(2.0));
    assert_well(&server);
}

#[test]
fn a_body_that_trickles_is_answered_408_and_the_connection_closed() {
    let server = impatient();
    let mut slow = Raw::saying(&server, &post("/token", "Content-Length: 60000"));
    let told = slow.trickle(b"x");
    assert!(told.starts_with("http/1.1 408 ") && told.contains("invalid_request"), "{told}");
    let mut slow = Raw::saying(&server, &post("/token", "Transfer-Encoding: chunked"));
    let told = slow.trickle(b"1\r\nx\r\n");
    assert!(told.starts_with("http/1.1 408 "), "{told}");
    assert_well(&server);
}

#[test]
fn a_body_that_nobody_wants_is_not_listened_to_for_ever() {
    let server = impatient();
    let mut endless = Raw::saying(&server, &post("/nowhere", "Transfer-Encoding: chunked"));
    let told = endless.trickle(b"1\r\nx\r\n");
    assert!(told.starts_with("http/1.1 404 "), "{told}");
}

#[test]
fn a_head_of_a_mebibyte_is_refused_and_others_are_served() {
    let server = Sandbox::new().serve();
    let mut huge = Raw::saying(&server, "GET /jwks HTTP/1.1\r\nHost: x\r\nX: ");
    // It is closed before all of it is sent; what it said may be lost with that.
    huge.0.write_all(&vec![b'x'; MEBIBYTE]).ok();
    let told = huge.rest();
    assert!(told.is_empty() || told.starts_with("http/1.1 431 "), "{told}");
    // The same, no larger than what the server reads before it gives up.
    let begun = "GET /jwks HTTP/1.1\r\nHost: x\r\nX: ";
    let rest = "x".repeat(128 * 1024 - begun.len());
    let mut large = Raw::saying(&server, &format!("{begun}{rest}"));
    let told = large.rest();
    assert!(told.starts_with("http/1.1 431 "), "{told}");
    let many = "X: y\r\n".repeat(200);
    let mut many = Raw::saying(&server, &format!("GET /jwks HTTP/1.1\r\nHost: x\r\n{many}\r\n"));
    let told = many.rest();
    assert!(told.starts_with("http/1.1 4"), "{told}");
    assert_well(&server);
}

#[test]
fn a_body_of_ten_mebibytes_is_refused_before_it_is_sent() {
    let server = Sandbox::new().serve();
    let length = format!("Content-Length: {}", 10 * MEBIBYTE);
    for path in ["/token", "/introspect", "/revoke"] {
        let mut announced = Raw::saying(&server, &post(path, &length));
        let told = announced.answer();
        assert!(told.starts_with("http/1.1 413 "), "{path}: {told}");
        assert!(told.contains("connection: close"), "{path}: {told}");
    }
    // One that does not say how long it is, is read as far as a body may be long.
    let mut chunked = Raw::saying(&server, &post("/token", "Transfer-Encoding: chunked"));
    let chunk = format!("20000\r\n{}\r\n", "x".repeat(0x20000));
    chunked.0.write_all(chunk.as_bytes()).unwrap();
    let told = chunked.answer();
    assert!(told.starts_with("http/1.1 413 "), "{told}");
    assert_well(&server);
}

#[test]
fn who_asks_and_asks_and_never_reads_is_not_listened_to_and_then_cut_off() {
    let server = impatient();
    let before = server.metric("process_resident_memory_bytes").unwrap();
    let mut deaf = Raw::connect(&server);
    let ask = "OPTIONS /token HTTP/1.1\r\nHost: x\r\n\r\n".repeat(1000);
    // The kernel takes some, the server its share; more than that would be kept in its memory.
    let refused = (0..64 * MEBIBYTE / ask.len()).any(|_| deaf.0.write_all(ask.as_bytes()).is_err());
    assert!(refused, "64 MiB were taken");
    until(&server, "keywright_http_connections_slow_total", 1.0);
    let after = server.metric("process_resident_memory_bytes").unwrap();
    assert!(after - before < LITTLE, "{before} -> {after}");
    assert_well(&server);
}

#[test]
fn who_asks_much_at_once_and_then_reads_gets_every_answer() {
    const MANY: usize = 20_000;
    let server = Sandbox::new().serve();
    let mut client = Raw::connect(&server);
    let mut asks = client.0.try_clone().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || asks.write_all(CHEAP.repeat(MANY).as_bytes()).unwrap());
        for _ in 0..MANY {
            assert!(client.answer().starts_with("http/1.1 200 "));
        }
    });
}

/// Raises the limit of open files of this process; how many connections that allows, at most
/// `wanted`.
fn connections(wanted: usize) -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).ok();
    let possible = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX).saturating_sub(BESIDE);
    wanted.min(usize::try_from(possible).unwrap())
}

#[test]
fn ten_thousand_idle_connections_do_no_harm() {
    let count = connections(10_000);
    let patient = "http = { request_timeout = '10m', keep_alive = '10m' }\n";
    let server = Sandbox::configured(&format!("{patient}{}", configuration())).serve();
    let before = server.metric("process_resident_memory_bytes").unwrap();
    let connect = |number| {
        let mut raw = Raw::connect(&server);
        // Half of them have asked something before.
        if number % 2 == 0 {
            raw.0.write_all(CHEAP.as_bytes()).unwrap();
            assert!(raw.answer().starts_with("http/1.1 200 "));
        }
        raw
    };
    let mut idle: Vec<Raw> = (0..count).map(connect).collect();
    #[expect(clippy::cast_precision_loss, reason = "there are a few thousand")]
    let count = count as f64;
    until(&server, "keywright_http_connections", count);
    let each = (server.metric("process_resident_memory_bytes").unwrap() - before) / count;
    assert!(each < 40.0 * 1024.0, "{each} bytes each");
    let http = Visitor::new().http;
    assert_eq!(tokens(&http, &server).status, 200);
    assert_well(&server);
    let last = idle.last_mut().unwrap();
    last.0.write_all(CHEAP.as_bytes()).unwrap();
    assert!(last.answer().starts_with("http/1.1 200 "), "an idle one is served when it asks");
    drop(idle);
    while server.metric("keywright_http_connections").unwrap() > count / 2.0 {}
    assert_well(&server);
}

/// The command with this limit of open files.
fn with_files(direct: &Command, files: u32) -> Command {
    let mut limited = Command::new("sh");
    limited.arg("-c").arg(format!("ulimit -n {files} && exec \"$@\"")).arg("sh");
    limited.arg(direct.get_program()).args(direct.get_args());
    for (name, value) in direct.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    limited.current_dir(direct.get_current_dir().unwrap());
    limited.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    limited
}

#[test]
fn few_open_files_mean_fewer_connections_and_a_warning_and_none_is_missing_for_the_rest() {
    let sandbox = Sandbox::configured(&configuration());
    let direct = sandbox.command(&["serve", "--listen", "127.0.0.1:0"]);
    let server = start(with_files(&direct, 256));
    let limit = server.metric("keywright_http_connections_limit").unwrap();
    assert!((100.0..200.0).contains(&limit), "{limit}");
    // The kernel takes what the server does not.
    let mut many: Vec<Raw> = (0..400).map(|_| Raw::connect(&server)).collect();
    until(&server, "keywright_http_connections", limit);
    assert!((0..LOOKS).any(|_| server.manage("/readyz").0 == 200), "it is not ready");
    let first = many.first_mut().unwrap();
    first.0.write_all(CHEAP.as_bytes()).unwrap();
    assert!(first.answer().starts_with("http/1.1 200 "));
    let last = many.last_mut().unwrap();
    last.0.write_all(CHEAP.as_bytes()).unwrap();
    drop(many.drain(..399));
    assert!(many[0].answer().starts_with("http/1.1 200 "), "it gets its turn");
    assert_eq!(tokens(&Visitor::new().http, &server).status, 200);
    let (status, log) = server.stop();
    assert!(status.success(), "{log}");
    assert!(log.contains("at most 256 files may be open"), "{log}");
}

#[test]
fn a_server_that_runs_out_of_files_serves_again_when_there_are_some() {
    let sandbox = Sandbox::configured(&configuration());
    let mut server = sandbox.serve();
    // The database has every connection that it wants by now.
    let http = Visitor::new().http;
    assert_eq!(tokens(&http, &server).status, 200);
    let mut before = Raw::saying(&server, CHEAP);
    assert!(before.answer().starts_with("http/1.1 200 "));
    let open = server.metric("process_open_fds").unwrap();
    server.limit_files(&format!("{open}:"));
    let mut crowd: Vec<Raw> = (0..20).map(|_| Raw::saying(&server, CHEAP)).collect();
    server.wait_for("Too many open files");
    before.0.write_all(CHEAP.as_bytes()).unwrap();
    assert!(before.answer().starts_with("http/1.1 200 "), "who is connected is served");
    server.limit_files("4096:");
    for waiting in &mut crowd {
        assert!(waiting.answer().starts_with("http/1.1 200 "));
    }
    assert_eq!(tokens(&http, &server).status, 200);
    assert_well(&server);
}

#[test]
fn when_the_queue_is_full_the_next_one_gets_503_at_once_and_those_in_it_their_answer() {
    let narrow = "
        http = { concurrent = 1, queue = 1, wait = '10m' }
        database = { timeout = '10m', pool_size = 2 }
        ";
    let sandbox = Sandbox::configured(&format!("{narrow}{}", configuration()));
    let server = sandbox.serve();
    // Once it answers, it has written what it writes at its start.
    assert_well(&server);
    let database = sandbox.database();
    let (locked, is_locked) = channel();
    let (release, released) = channel::<()>();
    std::thread::scope(|scope| {
        // It goes when this does, however.
        let release = release;
        scope.spawn(move || {
            let held = database.write(|_| {
                locked.send(()).unwrap();
                released.recv().ok();
                Ok(())
            });
            held.unwrap();
        });
        is_locked.recv().unwrap();
        // Each wants to store an interaction.
        let url = &server.url;
        let ask = move || Visitor::new().authorize(url, &[("scope", "openid")]);
        let first = scope.spawn(ask);
        until(&server, "keywright_hops_busy", 1.0);
        let second = scope.spawn(ask);
        until(&server, "keywright_hops_waiting", 1.0);
        let refused = ask();
        assert_eq!(refused.status, 503, "{}", refused.body);
        assert!(refused.headers.contains_key("retry-after"), "{refused:?}");
        let refused = tokens(&Visitor::new().http, &server);
        assert_eq!(refused.status, 503, "{}", refused.body);
        assert_eq!(refused.json()["error"], "temporarily_unavailable");
        assert_well(&server);
        release.send(()).unwrap();
        assert_eq!((first.join().unwrap().status, second.join().unwrap().status), (200, 200));
    });
    assert_eq!(server.metric("keywright_hops_refused_total"), Some(2.0));
    assert_eq!(tokens(&Visitor::new().http, &server).status, 200);
}

#[test]
fn a_flood_of_logins_holds_up_no_token() {
    let slow = "passwords = { cost = 14, threads = 1, queue = 2 }\n";
    let more = "throttle.network = 0\nhttp = { concurrent = 16, wait = '0' }\n";
    let sandbox = Sandbox::configured(&format!("{slow}{more}{}", configuration()));
    let mut command = sandbox.command(&["serve", "--listen", "127.0.0.1:0"]);
    command.env_remove("KEYWRIGHT_PASSWORDS__COST");
    let server = start(command);
    let http = Visitor::new().http;
    std::thread::scope(|scope| {
        let (answers, answered) = channel();
        for number in 0..12 {
            let (answers, url) = (answers.clone(), &server.url);
            scope.spawn(move || {
                let visitor = Visitor::new();
                let page = visitor.authorize(url, &[("scope", "openid")]);
                let wrong = format!("a guess {number}");
                // Nobody counts any more once one was refused.
                answers.send(visitor.log_in(url, &page, &wrong)).ok();
            });
        }
        let refused = answered.recv_timeout(Duration::from_secs(60)).unwrap();
        assert!([429, 503].contains(&refused.status), "{}", refused.body);
        assert!(refused.headers.contains_key("retry-after"), "{refused:?}");
        for _ in 0..20 {
            assert_eq!(tokens(&http, &server).status, 200);
        }
        assert_well(&server);
    });
}
