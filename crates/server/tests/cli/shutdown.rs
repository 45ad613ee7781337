//! What a signal does to a server.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use crate::sandbox::{Sandbox, Server};

/// More looks than any machine needs until the listener is closed.
const LOOKS: usize = 10_000;

const BODY: &str = "grant_type=client_credentials";

/// A request whose body has not come yet; the server is at work on it.
fn begin_a_request(server: &Server) -> TcpStream {
    let mut connection = TcpStream::connect(server.address()).unwrap();
    let head = format!(
        "POST /token HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\n",
        server.address(),
        BODY.len(),
    );
    connection.write_all(head.as_bytes()).unwrap();
    while server.metric("keywright_http_requests_in_flight") != Some(1.0) {}
    connection
}

#[test]
fn a_request_under_way_is_answered_while_new_ones_are_refused() {
    let mut server = Sandbox::new().serve();
    let mut connection = begin_a_request(&server);
    server.terminate();
    server.wait_for("SIGTERM: stopping");
    assert_eq!(server.manage("/livez").0, 200);
    let refused = |_: &usize| {
        let (status, body) = server.manage("/readyz");
        assert_eq!(status, 503, "{body}");
        TcpStream::connect(server.address()).is_err()
    };
    assert!((0..LOOKS).any(|look| refused(&look)), "the listener is still open");
    connection.write_all(BODY.as_bytes()).unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 401 ") && answer.contains("invalid_client"), "{answer}");
    let (status, log) = server.ended();
    assert!(status.success() && log.ends_with("stopped"), "{log}");
}

#[test]
fn an_idle_connection_holds_nothing_up() {
    let server = Sandbox::new().serve();
    let mut idle = TcpStream::connect(server.address()).unwrap();
    write!(idle, "GET /jwks HTTP/1.1\r\nHost: {}\r\n\r\n", server.address()).unwrap();
    let mut first = [0; 12];
    idle.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    let (status, log) = server.stop();
    assert!(status.success() && log.ends_with("stopped"), "{log}");
}

#[test]
fn a_second_signal_ends_the_server_at_once() {
    let mut server = Sandbox::new().serve();
    let _connection = begin_a_request(&server);
    server.terminate();
    server.wait_for("SIGTERM: stopping");
    server.terminate();
    let (status, log) = server.ended();
    assert_eq!(status.code(), Some(1), "{log}");
    assert!(log.contains("stopped at once"), "{log}");
}

#[test]
fn within_the_shutdown_delay_requests_are_answered_though_the_server_is_not_ready() {
    let mut server = Sandbox::configured("http.shutdown_delay = '2s'").serve();
    server.terminate();
    server.wait_for("SIGTERM: stopping");
    assert_eq!(server.manage("/readyz").0, 503);
    assert_eq!(server.get("/.well-known/openid-configuration")["issuer"], server.url);
    let (status, log) = server.ended();
    assert!(status.success(), "{log}");
}
