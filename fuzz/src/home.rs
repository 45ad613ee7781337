//! Where the answers of the clients on the stage may go, told without the code under test.

use url::{Host, Url};

/// The redirect URI of `app`, `old` and `strict`.
pub const CALLBACK: &str = "https://app.example/cb";

/// The redirect URI of `tool`.
pub const LOOPBACK: &str = "http://127.0.0.1/cb";

/// Where a logout may end.
pub const GOODBYE: &str = "https://app.example/bye";

/// Whether `uri` is where the client `id` may be answered.
pub fn is_home(id: &str, uri: &str) -> bool {
    match id {
        "app" | "old" | "strict" => uri == CALLBACK,
        "tool" => uri == LOOPBACK || is_another_port(LOOPBACK, uri),
        _ => false,
    }
}

/// Whether two URIs are on the same loopback IP address and differ in nothing but the port
/// (RFC 8252 section 7.3).
pub fn is_another_port(registered: &str, presented: &str) -> bool {
    let (Ok(mut one), Ok(mut other)) = (Url::parse(registered), Url::parse(presented)) else {
        return false;
    };
    let is_loopback = match one.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(_)) | None => false,
    };
    let portless = one.set_port(None).is_ok() && other.set_port(None).is_ok();
    is_loopback && one.scheme() == "http" && portless && one == other
}
