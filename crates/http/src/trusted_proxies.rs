//! Where a request comes from, when proxies stand before us.
//!
//! Owns whose word counts. The peer of the connection is the only address that nobody can make up.
//! If it is a trusted proxy, what that proxy appended to the one header that the operator named is
//! read from the right, past further trusted proxies, up to the first address that is not one. What
//! stands left of that, the client may have written itself. The other header is never read: a
//! proxy that maintains one usually passes the other on as the client sent it.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use actix_web::http::header::{FORWARDED, HeaderMap, HeaderName, HeaderValue, X_FORWARDED_FOR};

/// The addresses of a network: an address and the length of its prefix (RFC 4632 section 3.1,
/// RFC 4291 section 2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u32,
}

impl Network {
    /// Whether an address belongs to it; an IPv4 address that is mapped into IPv6 is that IPv4
    /// address.
    pub fn contains(&self, address: IpAddr) -> bool {
        let (own, width) = bits(self.address);
        let (other, other_width) = bits(address.to_canonical());
        width == other_width && (own ^ other).checked_shr(width - self.prefix).unwrap_or(0) == 0
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no network; write 10.0.0.0/8, fd00::/8 or one address");
        let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let (value, width) = bits(address);
        let is_number = |p: &str| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit());
        let prefix = match prefix {
            None => width,
            Some(prefix) if is_number(prefix) => prefix.parse().map_err(|_| wrong())?,
            Some(_) => return Err(wrong()),
        };
        if prefix > width || address.to_canonical() != address {
            return Err(wrong());
        }
        let host = value & u128::MAX.checked_shr(128 - width + prefix).unwrap_or(0);
        if host != 0 {
            return Err(format!("{text:?} names a host in a network; write one or the other"));
        }
        Ok(Self { address, prefix })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

fn bits(address: IpAddr) -> (u128, u32) {
    match address {
        IpAddr::V4(address) => (u32::from(address).into(), 32),
        IpAddr::V6(address) => (u128::from(address), 128),
    }
}

/// The header in which proxies say whom they speak for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`, a list of addresses.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

impl ForwardedHeader {
    /// Its name.
    pub fn name(self) -> HeaderName {
        match self {
            Self::XForwardedFor => X_FORWARDED_FOR,
            Self::Forwarded => FORWARDED,
        }
    }

    /// The address that one element of the list names.
    fn address(self, element: &str) -> Option<IpAddr> {
        match self {
            Self::XForwardedFor => node(element),
            Self::Forwarded => element.split(';').find_map(|pair| {
                let (name, value) = pair.split_once('=')?;
                name.trim()
                    .eq_ignore_ascii_case("for")
                    .then(|| node(value.trim().trim_matches('"')))
            })?,
        }
    }
}

/// Which proxies are believed, and what they write.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies {
    /// Their networks; none: nobody is believed.
    pub networks: Vec<Network>,
    /// What they append to.
    pub header: ForwardedHeader,
}

impl TrustedProxies {
    /// Whether this is one of them.
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(address))
    }

    /// The client of a request whose connection comes from `peer`. What cannot be read ends the
    /// walk at the last address that could.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        if !self.trusts(client) {
            return client;
        }
        let values: Vec<&HeaderValue> = headers.get_all(self.header.name()).collect();
        for value in values.into_iter().rev() {
            let text = String::from_utf8_lossy(value.as_bytes());
            for element in text.rsplit(',') {
                let Some(address) = self.header.address(element) else { return client };
                client = address;
                if !self.trusts(client) {
                    return client;
                }
            }
        }
        client
    }
}

/// An address with or without a port, as proxies write it (RFC 7239 section 6).
fn node(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = || text.parse::<IpAddr>().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|socket| socket.ip());
    let bracketed = || {
        let inner = text.strip_prefix('[')?.strip_suffix(']')?;
        inner.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
    };
    bare().or_else(with_port).or_else(bracketed).map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn proxies(header: ForwardedHeader) -> TrustedProxies {
        let networks = ["10.0.0.0/8", "fd00::/8", "192.0.2.1"].map(|text| text.parse().unwrap());
        TrustedProxies { networks: networks.to_vec(), header }
    }

    fn headers(name: &HeaderName, values: &[&[u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            if let Ok(value) = HeaderValue::from_bytes(value) {
                headers.append(name.clone(), value);
            }
        }
        headers
    }

    fn client(peer: &str, values: &[&str]) -> String {
        let values: Vec<&[u8]> = values.iter().map(|value| value.as_bytes()).collect();
        let headers = headers(&X_FORWARDED_FOR, &values);
        proxies(ForwardedHeader::XForwardedFor).client(ip(peer), &headers).to_string()
    }

    #[test]
    fn a_network_holds_its_addresses_and_no_other() {
        let holds = |network: &str, address: &str| {
            network.parse::<Network>().unwrap().contains(ip(address))
        };
        assert!(holds("10.0.0.0/8", "10.255.0.1") && !holds("10.0.0.0/8", "11.0.0.1"));
        assert!(holds("10.0.0.0/8", "::ffff:10.1.2.3"));
        assert!(holds("fd00::/8", "fdff::1") && !holds("fd00::/8", "fe00::1"));
        assert!(holds("192.0.2.1", "192.0.2.1") && !holds("192.0.2.1", "192.0.2.2"));
        assert!(holds("0.0.0.0/0", "255.1.1.1") && !holds("0.0.0.0/0", "::1"));
        assert!(holds("::/0", "2001:db8::1") && !holds("::/0", "192.0.2.1"));
    }

    #[test]
    fn what_is_no_network_is_refused() {
        let bad = ["", "/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/+8", "10.0.0.1/8", "x/8"];
        let worse = ["::/129", "fd00::1/8", "::ffff:10.0.0.0/104", "10.0.0.0/8/8"];
        for text in bad.iter().chain(&worse) {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_list_is_read_from_the_right_past_trusted_proxies() {
        assert_eq!(client("10.0.0.1", &["203.0.113.9"]), "203.0.113.9");
        assert_eq!(client("10.0.0.1", &["1.1.1.1, 203.0.113.9, 10.2.2.2"]), "203.0.113.9");
        assert_eq!(client("10.0.0.1", &["1.1.1.1", "203.0.113.9", "192.0.2.1"]), "203.0.113.9");
        assert_eq!(client("::ffff:10.0.0.1", &["[2001:db8::1]:4711"]), "2001:db8::1");
        assert_eq!(client("10.0.0.1", &["::ffff:203.0.113.9"]), "203.0.113.9");
        assert_eq!(client("10.0.0.1", &["203.0.113.9:80"]), "203.0.113.9");
        assert_eq!(client("10.0.0.1", &["10.3.3.3"]), "10.3.3.3");
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn what_cannot_be_read_ends_the_walk() {
        assert_eq!(client("10.0.0.1", &["203.0.113.9, unknown"]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &["203.0.113.9, , 10.2.2.2"]), "10.2.2.2");
        assert_eq!(client("10.0.0.1", &["203.0.113.9, _secret, 10.2.2.2"]), "10.2.2.2");
    }

    #[test]
    fn an_untrusted_peer_is_not_believed() {
        assert_eq!(client("203.0.113.7", &["198.51.100.1"]), "203.0.113.7");
        assert_eq!(client("127.0.0.1", &["198.51.100.1"]), "127.0.0.1", "loopback is no exception");
    }

    #[test]
    fn only_the_named_header_is_read() {
        let forwarded =
            headers(&FORWARDED, &[br#"For="[2001:db8::9]:1";proto=https, for=10.1.1.1"#]);
        let of = |header| proxies(header).client(ip("10.0.0.1"), &forwarded).to_string();
        assert_eq!(of(ForwardedHeader::Forwarded), "2001:db8::9");
        assert_eq!(of(ForwardedHeader::XForwardedFor), "10.0.0.1");
        let odd = headers(&FORWARDED, &[b"for=203.0.113.9, proto=https"]);
        let client = proxies(ForwardedHeader::Forwarded).client(ip("10.0.0.1"), &odd);
        assert_eq!(client, ip("10.0.0.1"), "an element without `for` ends the walk");
    }

    proptest! {
        #[test]
        fn no_header_panics_and_an_untrusted_peer_is_never_overridden(
            bytes: Vec<u8>,
            text in "[0-9a-fx:.,;=\"\\[\\] for]{0,60}",
        ) {
            for header in [ForwardedHeader::XForwardedFor, ForwardedHeader::Forwarded] {
                let headers = headers(&header.name(), &[&bytes, text.as_bytes()]);
                let peer = ip("203.0.113.7");
                prop_assert_eq!(proxies(header).client(peer, &headers), peer);
                proxies(header).client(ip("10.0.0.1"), &headers);
            }
        }

        #[test]
        fn any_text_is_a_network_or_refused(text in "[0-9a-f:./]{0,20}") {
            if let Ok(network) = text.parse::<Network>() {
                prop_assert_eq!(network.to_string().parse::<Network>(), Ok(network));
            }
        }
    }
}
