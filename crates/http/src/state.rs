//! What every request handler needs.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::HttpRequest;
use actix_web::dev::ServiceRequest;
use actix_web::http::header::{FORWARDED, HOST, HeaderName, X_FORWARDED_FOR};
use keywright_core::error::Error;
use keywright_core::provider::Provider;
use keywright_core::store::StoreError;
use url::Url;

use crate::error::Failure;
use crate::extract::caller;
use crate::hash_queue::HashQueue;
use crate::hop::Hop;
use crate::metrics::Metrics;
use crate::pages::Layout;
use crate::publish::Publisher;
use crate::trusted_proxies::TrustedProxies;

/// The provider with its surroundings; one for all workers.
pub(crate) struct State {
    /// The protocol.
    pub(crate) provider: Provider,
    /// The way to the database.
    pub(crate) hop: Hop,
    /// The way to password hashes.
    pub(crate) hashes: HashQueue,
    /// What is counted and measured.
    pub(crate) metrics: Metrics,
    /// Discovery and JWKS as bytes.
    pub(crate) publisher: Publisher,
    /// Path of the issuer without a trailing slash: empty for an issuer at the root.
    pub(crate) base: String,
    /// Origin of the issuer, as a browser writes it in `Origin`.
    pub(crate) origin: String,
    proxies: TrustedProxies,
    proxy_warned: AtomicBool,
    hosts: Vec<String>,
    host_warned: AtomicBool,
}

impl State {
    pub(crate) fn new(
        provider: Provider,
        hop: Hop,
        hashes: HashQueue,
        metrics: Metrics,
        proxies: TrustedProxies,
    ) -> Self {
        let issuer = Url::parse(&provider.settings.issuer).ok();
        let origin = issuer.as_ref().map(|url| url.origin().ascii_serialization());
        let host = issuer.as_ref().and_then(Url::host_str).unwrap_or_default().to_owned();
        let port = issuer.as_ref().and_then(Url::port_or_known_default).unwrap_or_default();
        let with_port = format!("{host}:{port}");
        let explicit = issuer.as_ref().is_some_and(|url| url.port().is_some());
        let hosts = if explicit { vec![with_port] } else { vec![host, with_port] };
        Self {
            base: provider.settings.base_path(),
            origin: origin.unwrap_or_default(),
            publisher: Publisher::default(),
            provider,
            hop,
            hashes,
            metrics,
            proxies,
            proxy_warned: AtomicBool::new(false),
            hosts,
            host_warned: AtomicBool::new(false),
        }
    }

    /// Runs `work` for a request where it may use the database: once per request.
    ///
    /// # Errors
    /// As [`Hop::run`].
    pub(crate) async fn ask<T, F>(&self, request: &HttpRequest, work: F) -> Result<T, Failure>
    where
        T: Send + 'static,
        F: FnOnce(&Provider) -> Result<T, Error> + Send + 'static,
    {
        self.hop_with(self.provider.asked_by(caller::of(request, self)), work).await
    }

    /// As [`State::ask`] for work that may find all it needs in memory: it is done on this thread
    /// then. Work that turns out to need the database is begun anew where it may wait, so it must
    /// not have done anything before its first transaction.
    ///
    /// # Errors
    /// As [`Hop::run`].
    pub(crate) async fn ask_memory_first<T, F>(
        &self,
        request: &HttpRequest,
        work: F,
    ) -> Result<T, Failure>
    where
        T: Send + 'static,
        F: Fn(&Provider) -> Result<T, Error> + Send + 'static,
    {
        let provider = self.provider.asked_by(caller::of(request, self));
        match work(&provider.from_memory()) {
            Err(Error::Store(StoreError::NotAsked)) => self.hop_with(provider, work).await,
            answer => Ok(answer?),
        }
    }

    /// The thread goes on when the work is done, the answer when what it rests on is durable.
    async fn hop_with<T, F>(&self, provider: Provider, work: F) -> Result<T, Failure>
    where
        T: Send + 'static,
        F: FnOnce(&Provider) -> Result<T, Error> + Send + 'static,
    {
        let hopped = self.hop.run(move |reply| {
            let (provider, ahead) = provider.ahead();
            let done = work(&provider);
            ahead.when_durable(|durable| reply.send(durable.map_err(Error::from).and(done)));
        });
        hopped.await
    }

    /// The shared part of every page.
    pub(crate) fn layout(&self) -> Layout<'_> {
        Layout::new(&self.base)
    }

    /// The address of the client of a request, as far as the operator's trust in proxies goes.
    pub(crate) fn address(&self, request: &HttpRequest) -> Option<IpAddr> {
        let peer = request.peer_addr()?.ip();
        Some(self.proxies.client(peer, request.headers()))
    }

    /// Looks at where a request came from and to, for the log.
    pub(crate) fn notice(&self, request: &ServiceRequest) {
        self.notice_proxy(request);
        self.notice_host(request);
    }

    /// Says once in the log that a proxy which nobody named speaks for others: then everybody
    /// behind it counts as one.
    fn notice_proxy(&self, request: &ServiceRequest) {
        let Some(peer) = request.peer_addr().map(|peer| peer.ip()) else { return };
        let speaks = |name: HeaderName| request.headers().contains_key(name);
        if !(speaks(X_FORWARDED_FOR) || speaks(FORWARDED)) || self.proxies.trusts(peer) {
            return;
        }
        if !self.proxy_warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                %peer,
                "a request came through a proxy that is not trusted, so all its clients count as \
                 one address; if the proxy is yours, name it in `http.trusted_proxies`"
            );
        }
    }

    /// Says once in the log that requests arrive under another name than the issuer's: usually
    /// a proxy or a wrong `issuer`. The name is used for nothing.
    fn notice_host(&self, request: &ServiceRequest) {
        let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
        let Some(host) = host else { return };
        if self.hosts.iter().any(|known| known.eq_ignore_ascii_case(host)) {
            return;
        }
        if !self.host_warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                host,
                issuer = %self.provider.settings.issuer,
                "a request came for another host than the issuer's; if users or clients see this \
                 name, set `issuer` to it"
            );
        }
    }
}
