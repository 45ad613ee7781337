//! `keywright health`: for whoever can run a command beside the server and not ask its management
//! listener over the network, such as a container's health check.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use reqwest::blocking::Client;
use serde_json::Value;

use super::output::Output;
use crate::config::Config;
use crate::failure::Failure;

/// Longer than the server takes to say that its database does not answer.
const PATIENCE: Duration = Duration::from_secs(4);

/// Asks `/readyz` of the server that runs with this configuration here. Status 0 when it is ready.
pub(super) fn run(config: &Config, output: &mut Output<'_>) -> Result<(), Failure> {
    let address = config.management.first().copied().map(reachable).ok_or_else(|| {
        Failure::new("there is no management listener to ask").hint("set management.listen")
    })?;
    let url = format!("http://{address}/readyz");
    let client = Client::builder().no_proxy().timeout(PATIENCE).build();
    let answer = client.and_then(|client| client.get(&url).send());
    let body = answer.and_then(|answer| Ok((answer.status(), answer.text()?)));
    let (status, body) = body.map_err(|_| {
        Failure::new(format!("nobody answers at {url}"))
            .hint("start the server, with the same management.listen")
    })?;
    let checks: Value = serde_json::from_str(&body).unwrap_or_default();
    if status.is_success() {
        return Ok(output.say("ready", &checks)?);
    }
    Err(Failure::new(format!("not ready: {}", checks["checks"])))
}

/// Where a listener on every address is reached from here.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

#[cfg(test)]
mod tests {
    use super::reachable;

    #[test]
    fn a_listener_on_every_address_is_asked_on_loopback() {
        for (listen, asked) in [
            ("0.0.0.0:9690", "127.0.0.1:9690"),
            ("[::]:9690", "[::1]:9690"),
            ("10.0.0.7:9690", "10.0.0.7:9690"),
        ] {
            assert_eq!(reachable(listen.parse().unwrap()).to_string(), asked);
        }
    }
}
