//! A client that speaks HTTP by hand, and badly.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use crate::sandbox::Server;

/// How long a busy machine may take for anything.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection.
pub(crate) struct Raw(pub(crate) TcpStream);

impl Raw {
    pub(crate) fn connect(server: &Server) -> Self {
        let stream = TcpStream::connect(server.address()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        Self(stream)
    }

    /// One on which this was sent.
    pub(crate) fn saying(server: &Server, text: &str) -> Self {
        let mut raw = Self::connect(server);
        raw.0.write_all(text.as_bytes()).unwrap();
        raw
    }

    /// The head of an answer; a body that has a length is read and dropped.
    pub(crate) fn answer(&mut self) -> String {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            self.0.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        self.0.read_exact(&mut body).unwrap();
        head
    }

    /// What came until the server closed the connection; an abrupt end is one, too.
    pub(crate) fn rest(&mut self) -> String {
        let mut rest = Vec::new();
        if let Err(error) = self.0.read_to_end(&mut rest) {
            assert_ne!(error.kind(), ErrorKind::WouldBlock, "the server keeps the connection");
        }
        String::from_utf8(rest).unwrap().to_ascii_lowercase()
    }

    /// Sends `drop` for as long as the server takes it, one at a time with a little pause; what
    /// the server said meanwhile.
    pub(crate) fn trickle(&mut self, drop: &[u8]) -> String {
        self.0.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let mut said = Vec::new();
        let mut chunk = [0; 4096];
        for _ in 0..PATIENCE.as_millis() / 50 {
            let sent = self.0.write_all(drop);
            match self.0.read(&mut chunk) {
                Ok(0) => return String::from_utf8(said).unwrap().to_ascii_lowercase(),
                Ok(count) => said.extend_from_slice(&chunk[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock && sent.is_ok() => {}
                Err(_) => return String::from_utf8(said).unwrap().to_ascii_lowercase(),
            }
        }
        panic!("the server lets itself be trickled upon");
    }
}

/// A request for a document that costs nothing.
pub(crate) const CHEAP: &str = "GET /jwks HTTP/1.1\r\nHost: x\r\n\r\n";

/// The head of a form post to this path with this header.
pub(crate) fn post(path: &str, header: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         {header}\r\n\r\n"
    )
}
