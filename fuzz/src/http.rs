//! The server over a socket, spoken to in the bytes of HTTP/1.1.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use actix_web::rt::System;
use keywright_core::provider::Provider;
use keywright_http::{ForwardedHeader, Limits, ServerOptions, TrustedProxies, serve};

/// Longer than any answer takes, so that one that does not come is noticed.
const PATIENCE: Duration = Duration::from_secs(10);

/// Headers that say where a message ends or what becomes of its connection: ours to write.
const FRAMING: [&str; 5] =
    ["content-length", "transfer-encoding", "connection", "expect", "upgrade"];

/// A connection to a server of this process.
pub struct Site {
    address: SocketAddr,
    connection: Option<BufReader<TcpStream>>,
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    /// Its status.
    pub status: u16,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Vec<u8>,
}

impl Reply {
    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl Site {
    /// Serves `provider` until the process ends.
    pub fn open(provider: Provider) -> Self {
        let mut options = ServerOptions::new(vec![SocketAddr::from(([127, 0, 0, 1], 0))]);
        (options.workers, options.hops, options.hash_threads) = (1, 4, 1);
        (options.signals, options.limits) = (false, Limits::OFF);
        // What is slow because the machine is busy is not refused.
        (options.hop_wait, options.keep_alive) = (PATIENCE, Duration::from_secs(3600));
        let loopback = "127.0.0.0/8".parse().expect("a network");
        options.trusted_proxies =
            TrustedProxies { networks: vec![loopback], header: ForwardedHeader::XForwardedFor };
        let (ready, started) = mpsc::channel();
        thread::spawn(move || {
            System::new().block_on(async move {
                let serving = serve(&options, provider).expect("the server starts");
                ready.send(serving.addresses[0]).expect("somebody waits");
                serving.server.await.expect("the server runs");
            });
        });
        Self { address: started.recv().expect("the server has started"), connection: None }
    }

    /// Sends a request that is written as `METHOD target`, lines of headers, an empty line and a
    /// body; `None` when the server hung up without a word.
    pub fn send(&mut self, request: &[u8]) -> Option<Reply> {
        let (head, body) = split(request, b"\n\n").unwrap_or((request, b""));
        let mut lines = head.split(|byte| *byte == b'\n');
        let first = lines.next().unwrap_or_default();
        let mut message = [first, b" HTTP/1.1\r\nhost: 127.0.0.1:8080\r\n"].concat();
        let mut is_typed = false;
        for line in lines {
            let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
            let name = String::from_utf8_lossy(name).trim().to_ascii_lowercase();
            is_typed |= name == "content-type";
            if !FRAMING.contains(&name.as_str()) {
                message.extend([line, b"\r\n"].concat());
            }
        }
        if !is_typed && !body.is_empty() {
            message.extend(b"content-type: application/x-www-form-urlencoded\r\n");
        }
        message.extend(format!("content-length: {}\r\n\r\n", body.len()).into_bytes());
        message.extend(body);
        self.exchange(&message, first.starts_with(b"HEAD "))
    }

    fn exchange(&mut self, message: &[u8], is_head: bool) -> Option<Reply> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connect(),
        };
        // The server may answer and hang up before it has read everything.
        connection.get_mut().write_all(message).ok();
        let reply = read(&mut connection, is_head)?;
        if reply.header("connection").is_none_or(|value| !value.eq_ignore_ascii_case("close")) {
            self.connection = Some(connection);
        }
        Some(reply)
    }

    fn connect(&self) -> BufReader<TcpStream> {
        let stream = TcpStream::connect(self.address).expect("the server listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream.set_nodelay(true).expect("no delay");
        BufReader::new(stream)
    }
}

fn split<'a>(bytes: &'a [u8], at: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let found = bytes.windows(at.len()).position(|window| window == at)?;
    Some((&bytes[..found], &bytes[found + at.len()..]))
}

/// # Panics
/// When no answer comes in time, or none that is HTTP.
fn read(connection: &mut BufReader<TcpStream>, is_head: bool) -> Option<Reply> {
    let status_line = line(connection)?;
    let status = status_line.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3));
    let status: u16 = status.and_then(|status| status.parse().ok()).expect("a status line");
    let mut headers = Vec::new();
    loop {
        let line = line(connection).expect("a whole head");
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(": ").expect("a header");
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let mut reply = Reply { status, headers, body: Vec::new() };
    if is_head || status == 204 || status == 304 {
        return Some(reply);
    }
    match reply.header("content-length").map(str::parse) {
        Some(length) => {
            reply.body = vec![0; length.expect("a length")];
            connection.read_exact(&mut reply.body).expect("a whole body");
        }
        None => chunks(connection, &mut reply.body),
    }
    Some(reply)
}

fn chunks(connection: &mut BufReader<TcpStream>, body: &mut Vec<u8>) {
    loop {
        let length = line(connection).expect("a chunk");
        let length = usize::from_str_radix(&length, 16).expect("the length of a chunk");
        let start = body.len();
        body.resize(start + length, 0);
        connection.read_exact(&mut body[start..]).expect("a whole chunk");
        line(connection).expect("the end of a chunk");
        if length == 0 {
            return;
        }
    }
}

/// A line without its end; `None` when the connection was closed before it.
fn line(connection: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = Vec::new();
    match connection.read_until(b'\n', &mut line) {
        Ok(0) => None,
        Ok(_) => Some(String::from_utf8_lossy(&line).trim_end().to_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => None,
        Err(error) => panic!("no answer: {error}"),
    }
}
