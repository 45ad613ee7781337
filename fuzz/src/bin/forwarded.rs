//! What proxies say of whom they speak for. The first line of an input is the address of the peer,
//! each other one a value of the header.

#![no_main]

use std::net::IpAddr;
use std::sync::LazyLock;

use actix_web::http::header::{HeaderMap, HeaderValue};
use keywright_http::{ForwardedHeader, Network, TrustedProxies};
use libfuzzer_sys::fuzz_target;

static TRUSTED: LazyLock<Vec<Network>> = LazyLock::new(|| {
    let networks = ["10.0.0.0/8", "fd00::/8", "192.0.2.1"];
    networks.map(|network| network.parse().expect("a network")).to_vec()
});

/// Nobody that is trusted.
const STRANGER: &str = "203.0.113.9";

fuzz_target!(|input: &[u8]| {
    let mut lines = input.split(|byte| *byte == b'\n');
    let first = String::from_utf8_lossy(lines.next().unwrap_or_default()).into_owned();
    check_network(&first);
    let peer: IpAddr = first.parse().unwrap_or(IpAddr::from([10, 0, 0, 1]));
    let values: Vec<_> = lines.filter_map(|line| HeaderValue::from_bytes(line).ok()).collect();
    for header in [ForwardedHeader::XForwardedFor, ForwardedHeader::Forwarded] {
        check(header, peer, &values);
    }
});

fn check(header: ForwardedHeader, peer: IpAddr, values: &[HeaderValue]) {
    let proxies = TrustedProxies { networks: TRUSTED.clone(), header };
    let mut headers = HeaderMap::new();
    for value in values {
        headers.append(header.name(), value.clone());
    }
    let client = proxies.client(peer, &headers);
    assert_eq!(client, client.to_canonical());
    if !proxies.trusts(peer) {
        assert_eq!(client, peer.to_canonical(), "a stranger is believed");
        return;
    }
    // Whatever came in, the last proxy is right about who sent it.
    let stranger: IpAddr = STRANGER.parse().expect("an address");
    let said = match header {
        ForwardedHeader::XForwardedFor => STRANGER.to_owned(),
        ForwardedHeader::Forwarded => format!("for={STRANGER}"),
    };
    let said = said.as_bytes();
    if let Some(last) = values.last() {
        let mut joined = HeaderMap::new();
        for value in &values[..values.len() - 1] {
            joined.append(header.name(), value.clone());
        }
        let value = HeaderValue::from_bytes(&[last.as_bytes(), b", ", said].concat());
        joined.append(header.name(), value.expect("a value"));
        assert_eq!(proxies.client(peer, &joined), stranger);
    }
    headers.append(header.name(), HeaderValue::from_bytes(said).expect("a value"));
    assert_eq!(proxies.client(peer, &headers), stranger);
}

fn check_network(text: &str) {
    let Ok(network) = text.parse::<Network>() else { return };
    assert_eq!(network.to_string().parse(), Ok(network));
    let address = text.split('/').next().unwrap_or_default().parse().expect("an address");
    assert!(network.contains(address), "{network} does not hold {address}");
}
