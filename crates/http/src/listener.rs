//! HTTP/1.1 on the public addresses, with or without TLS.
//!
//! Owns how connections are taken and bounded; what answers is `serve.rs`. The same parts as
//! `actix_web::HttpServer`, put together here so that there can be a [`Connection`] between the
//! socket and HTTP.

use std::fmt::Debug;
use std::future::ready;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use actix_http::body::MessageBody;
use actix_http::error::DispatchError;
use actix_http::{HttpService, KeepAlive, Request, Response};
use actix_server::GracefulShutdownSignal;
use actix_service::{
    IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt as _, fn_service, map_config,
};
use actix_tls::accept::openssl::reexports::SslAcceptor;
use actix_tls::accept::openssl::{Acceptor, TlsStream};
use actix_tls::accept::{TlsError, max_concurrent_tls_connect};
use actix_web::dev::{AppConfig, Server};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpSocket, TcpStream};

use crate::connection::{Connection, Patience};
use crate::metrics::Connections;
use crate::serve::{ServerOptions, Serving};

/// Connections that the kernel keeps until we take them.
const BACKLOG: u32 = 1024;

/// Bytes of answers that the kernel holds for a client that does not read them (it takes twice
/// that, for its own use). Left to itself it would hold mebibytes for each.
const UNREAD: u32 = 128 * 1024;

/// How long a client may go on sending what nobody reads, so that it can read our answer first.
const LINGER: Duration = Duration::from_secs(1);

/// Binds every address and answers with `app`.
///
/// # Errors
/// When an address cannot be bound or OpenSSL fails.
pub(crate) fn serve<F, I, S, B>(
    options: &ServerOptions,
    metrics: &Connections,
    app: F,
) -> io::Result<Serving>
where
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig, Error = actix_web::Error> + 'static,
    S::InitError: Debug,
    S::Response: Into<Response<B>> + 'static,
    S::Service: 'static,
    <S::Service as Service<Request>>::Future: 'static,
    B: MessageBody + 'static,
{
    let workers = options.workers.max(1);
    let connections = options.connections.div_ceil(workers).max(1);
    metrics.limit.set(i64::try_from(connections * workers).unwrap_or(i64::MAX));
    // Else 256 clients that do not go on with their handshake would hold up all others.
    max_concurrent_tls_connect(connections);
    let mut server = Server::build()
        .workers(workers)
        .max_concurrent_connections(connections)
        .worker_max_blocking_threads(options.hops.max(1))
        .shutdown_timeout(options.shutdown_timeout.as_secs());
    if !options.signals {
        server = server.disable_signals();
    }
    let protocol = Protocol::new(options, metrics.clone(), server.graceful_shutdown_signal());
    let mut addresses = Vec::new();
    for address in &options.listen {
        let listener = listen(*address)?;
        let address = listener.local_addr()?;
        addresses.push(address);
        let (app, protocol) = (app.clone(), protocol.clone());
        server = match &options.tls {
            None => server.listen(address.to_string(), listener, move || protocol.plain(app()))?,
            Some(certificate) => {
                let acceptor = certificate.acceptor()?.build();
                let service = move || protocol.secure(acceptor.clone(), app());
                server.listen(address.to_string(), listener, service)?
            }
        };
    }
    Ok(Serving { addresses, server: server.run() })
}

/// Binds an address.
///
/// # Errors
/// When that is refused.
pub(crate) fn listen(address: SocketAddr) -> io::Result<std::net::TcpListener> {
    let socket = if address.is_ipv6() { TcpSocket::new_v6() } else { TcpSocket::new_v4() }?;
    // A restart need not wait for connections of the last one to be forgotten.
    socket.set_reuseaddr(true)?;
    // Every connection inherits it.
    socket.set_send_buffer_size(UNREAD)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)?.into_std()
}

/// How HTTP is spoken.
#[derive(Clone)]
struct Protocol {
    patience: Patience,
    keep_alive: Duration,
    metrics: Connections,
    stopping: GracefulShutdownSignal,
}

impl Protocol {
    fn new(
        options: &ServerOptions,
        metrics: Connections,
        stopping: GracefulShutdownSignal,
    ) -> Self {
        let patience = Patience {
            head: options.request_timeout,
            // actix closes an idle connection first, unless it overlooks that it is idle.
            idle: options.keep_alive + options.request_timeout,
            answer: options.response_timeout,
        };
        Self { patience, keep_alive: options.keep_alive, metrics, stopping }
    }

    fn plain<I, S, B>(
        &self,
        app: I,
    ) -> impl ServiceFactory<
        TcpStream,
        Config = (),
        Response = (),
        Error = DispatchError,
        InitError = (),
    > + use<I, S, B>
    where
        I: IntoServiceFactory<S, Request>,
        S: ServiceFactory<Request, Config = AppConfig, Error = actix_web::Error> + 'static,
        S::InitError: Debug,
        S::Response: Into<Response<B>> + 'static,
        S::Service: 'static,
        <S::Service as Service<Request>>::Future: 'static,
        B: MessageBody + 'static,
    {
        let protocol = self.clone();
        fn_service(move |io: TcpStream| {
            let peer = io.peer_addr().ok();
            ready(Ok((protocol.connection(io), peer)))
        })
        .and_then(self.http(app))
    }

    fn secure<I, S, B>(
        &self,
        acceptor: SslAcceptor,
        app: I,
    ) -> impl ServiceFactory<
        TcpStream,
        Config = (),
        Response = (),
        Error = TlsError<openssl::ssl::Error, DispatchError>,
        InitError = (),
    > + use<I, S, B>
    where
        I: IntoServiceFactory<S, Request>,
        S: ServiceFactory<Request, Config = AppConfig, Error = actix_web::Error> + 'static,
        S::InitError: Debug,
        S::Response: Into<Response<B>> + 'static,
        S::Service: 'static,
        <S::Service as Service<Request>>::Future: 'static,
        B: MessageBody + 'static,
    {
        let protocol = self.clone();
        let mut acceptor = Acceptor::new(acceptor);
        acceptor.set_handshake_timeout(self.patience.head);
        acceptor
            .map_err(TlsError::into_service_error)
            .map(move |io: TlsStream<TcpStream>| {
                let peer = io.get_ref().peer_addr().ok();
                (protocol.connection(io), peer)
            })
            .and_then(self.http(app).map_err(TlsError::Service))
    }

    fn connection<T: AsyncRead>(&self, io: T) -> Connection<T> {
        Connection::new(io, self.patience, self.metrics.clone())
    }

    fn http<T, I, S, B>(
        &self,
        app: I,
    ) -> impl ServiceFactory<
        (Connection<T>, Option<SocketAddr>),
        Config = (),
        Response = (),
        Error = DispatchError,
        InitError = (),
    > + use<T, I, S, B>
    where
        T: AsyncRead + AsyncWrite + Unpin + 'static,
        I: IntoServiceFactory<S, Request>,
        S: ServiceFactory<Request, Config = AppConfig, Error = actix_web::Error> + 'static,
        S::InitError: Debug,
        S::Response: Into<Response<B>> + 'static,
        S::Service: 'static,
        <S::Service as Service<Request>>::Future: 'static,
        B: MessageBody + 'static,
    {
        let stopping = self.stopping.clone();
        let app = app.into_factory().map_err(|error| error.error_response());
        HttpService::build()
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .keep_alive(KeepAlive::Timeout(self.keep_alive))
            .client_request_timeout(self.patience.head)
            .client_disconnect_timeout(LINGER)
            .on_connect_ext(|io: &Connection<T>, data| {
                data.insert(io.conversation());
            })
            .h1(map_config(app, |()| AppConfig::default()))
    }
}
