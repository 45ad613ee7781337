//! The sample application (a relying party): logs users in with Keywright, one step at a time, and
//! shows what each step sends, receives and verifies. Its protocol is the `openidconnect` crate's.
//!
//! Owns the table of URLs. What a browser has done so far is in `visits`, the protocol in `flow`,
//! what can be done with the tokens in `call`, what is seen in `pages`.

mod call;
mod flow;
mod handlers;
mod pages;
mod visits;

use std::net::TcpListener;

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::middleware::DefaultHeaders;
use actix_web::web::{self, ServiceConfig};
use actix_web::{App, HttpServer};
use keywright_core::secret::Secret;

use super::wire;
use crate::failure::Failure;
use visits::Visits;

/// Who the application is, and whom it talks to.
#[derive(Debug, Clone)]
pub(super) struct Party {
    /// The server.
    pub(super) issuer: String,
    /// Our name there.
    pub(super) client_id: String,
    /// Our secret there.
    pub(super) secret: Secret,
    /// Our own address, without a trailing slash.
    pub(super) home: String,
    /// The API's address, which is its identifier too.
    pub(super) api: String,
}

/// The application.
pub(super) struct Application {
    party: Party,
    /// The server's whole configuration, to be shown.
    configuration: String,
    client: reqwest::Client,
    visits: Visits,
}

impl Application {
    /// # Errors
    /// When its HTTP client cannot be made.
    pub(super) fn new(party: Party, configuration: String) -> Result<Self, Failure> {
        let client = wire::client().map_err(|error| Failure::new(error.to_string()))?;
        Ok(Self { party, configuration, client, visits: Visits::default() })
    }
}

/// Lets the application answer on `listener`.
///
/// # Errors
/// When the listener cannot be used.
pub(super) fn open(listener: TcpListener, application: Application) -> std::io::Result<()> {
    let application = web::Data::new(application);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(application.clone())
            .configure(routes)
            .wrap(headers(&application.party.issuer))
    });
    actix_web::rt::spawn(server.workers(1).disable_signals().listen(listener)?.run());
    Ok(())
}

fn routes(app: &mut ServiceConfig) {
    app.route("/", web::get().to(handlers::start))
        .route("/demo.css", web::get().to(handlers::style))
        .route("/begin", web::post().to(handlers::begin))
        .route("/go/{prompt}", web::get().to(handlers::go))
        .route("/request", web::get().to(handlers::request))
        .route("/callback", web::get().to(handlers::callback))
        .route("/answer", web::get().to(handlers::answer))
        .route("/exchange", web::post().to(handlers::exchange))
        .route("/tokens", web::get().to(handlers::tokens))
        .route("/call/{what}", web::post().to(handlers::call))
        .route("/leave", web::get().to(handlers::leave))
        .route("/goodbye", web::get().to(handlers::goodbye));
}

/// Forms post to ourselves alone; the look is Keywright's, the layout our own.
fn headers(issuer: &str) -> DefaultHeaders {
    let policy = format!(
        "default-src 'none'; style-src 'self' {issuer}; img-src {issuer}; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'"
    );
    DefaultHeaders::new()
        .add((CONTENT_SECURITY_POLICY, policy))
        .add((CACHE_CONTROL, "no-store"))
        .add((REFERRER_POLICY, "strict-origin"))
        .add((X_CONTENT_TYPE_OPTIONS, "nosniff"))
}
