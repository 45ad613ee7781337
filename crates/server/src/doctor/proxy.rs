//! Whether the configuration knows of the proxy that there must be, or of one that there is not.

use std::net::IpAddr;

use url::Url;

use super::Finding;
use crate::config::Config;

/// What can be told without a request through it.
pub(super) fn examine(config: &Config) -> Option<Finding> {
    let issuer = Url::parse(&config.settings.issuer).ok()?;
    let trusts = !config.http.trusted_proxies.networks.is_empty();
    let elsewhere = issuer.scheme() == "https" && config.tls.is_none();
    if elsewhere && !trusts {
        return Some(Finding::warning(
            "proxy",
            "a proxy must terminate TLS here, but none is trusted to tell who its clients are",
            "name its address in http.trusted_proxies: until then everybody behind it counts as \
             one address, and shares its limits",
        ));
    }
    let address: Option<IpAddr> = issuer.host_str().and_then(|host| host.parse().ok());
    let own = |listen: &std::net::SocketAddr| {
        Some(listen.ip()) == address && Some(listen.port()) == issuer.port_or_known_default()
    };
    (trusts && config.listen.iter().any(own)).then(|| {
        Finding::warning(
            "proxy",
            "proxies are trusted, but the issuer is the listener itself, without one",
            "remove http.trusted_proxies, or set `issuer` to the address of the proxy",
        )
    })
}
