//! The management listener: `/livez`, `/readyz`, `/metrics`, for whoever operates the server.
//!
//! Owns when a server is ready, not what is checked. It has a port and a thread of its own, so
//! that it answers while the public listener is busy, and still while that one shuts down. What
//! it tells is no secret of users or clients, but nobody else's business either: it listens on
//! loopback unless told otherwise.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_http::HttpService;
use actix_http::error::DispatchError;
use actix_server::{GracefulShutdownSignal, Server};
use actix_service::{
    IntoServiceFactory as _, Service as _, ServiceFactory as _, ServiceFactoryExt as _, fn_service,
    map_config,
};
use actix_web::dev::AppConfig;
use actix_web::http::StatusCode;
use actix_web::rt::net::TcpStream;
use actix_web::rt::time::timeout;
use actix_web::{App, HttpResponse, web};
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use serde_json::{Map, Value, json};
use tokio::sync::Mutex;

use crate::listener::listen;
use crate::serve::Serving;

/// How long the checks may take before the answer is no: a prober waits little longer.
const PATIENCE: Duration = Duration::from_secs(2);

/// The text form of metrics that Prometheus reads.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What was found at one look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What was looked at.
    pub name: &'static str,
    /// Why it is not as it should be, in a few words.
    pub problem: Option<String>,
}

type Look = dyn Fn() -> Vec<Check> + Send + Sync;

/// What the management listener knows.
pub struct Management {
    registry: Registry,
    /// May block. One at a time: a database that hangs costs one thread, however often it is
    /// asked about.
    look: Arc<Mutex<Box<Look>>>,
    draining: AtomicBool,
}

impl Management {
    /// Metrics to tell, and what being ready means.
    pub fn new(
        registry: Registry,
        look: impl Fn() -> Vec<Check> + Send + Sync + 'static,
    ) -> Arc<Self> {
        let look: Box<Look> = Box::new(look);
        let look = Arc::new(Mutex::new(look));
        Arc::new(Self { registry, look, draining: AtomicBool::new(false) })
    }

    /// From now on the server is not ready: it is about to stop.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::SeqCst);
    }

    /// Binds and serves, until the handle of the server stops it.
    ///
    /// # Errors
    /// When an address cannot be bound.
    pub fn serve(self: &Arc<Self>, addresses: &[SocketAddr]) -> io::Result<Serving> {
        let mut server = Server::build().workers(1).disable_signals();
        let mut bound = Vec::new();
        for address in addresses {
            let listener = listen(*address)?;
            bound.push(listener.local_addr()?);
            let asked = (web::Data::from(Arc::clone(self)), server.graceful_shutdown_signal());
            let answer = move || {
                let asked = asked.clone();
                fn_service(move |io| answer(io, asked.clone()))
            };
            server = server.listen(address.to_string(), listener, answer)?;
        }
        Ok(Serving { addresses: bound, server: server.run() })
    }

    async fn checks(&self) -> Vec<Check> {
        if self.draining.load(Ordering::SeqCst) {
            return vec![no("shutdown", "the server is about to stop")];
        }
        let look = Arc::clone(&self.look);
        let looked = async {
            let look = look.lock_owned().await;
            web::block(move || {
                let checks = look();
                drop(look);
                checks
            })
            .await
        };
        match timeout(PATIENCE, looked).await {
            Ok(Ok(checks)) => checks,
            Ok(Err(_)) => vec![no("checks", "they broke off")],
            Err(_) => vec![no("checks", "no answer within two seconds")],
        }
    }
}

fn no(name: &'static str, problem: &str) -> Check {
    Check { name, problem: Some(problem.to_owned()) }
}

/// Answers one connection. What speaks HTTP is made for it and goes with it, for it has a clock: kept
/// while nobody asks, it would wake this thread four times a second.
async fn answer(
    io: TcpStream,
    (management, stopping): (web::Data<Management>, GracefulShutdownSignal),
) -> Result<(), DispatchError> {
    let app = App::new()
        .app_data(management)
        .route("/livez", web::get().to(alive))
        .route("/readyz", web::get().to(ready))
        .route("/metrics", web::get().to(metrics))
        .into_factory()
        .map_err(|error| error.error_response());
    let http = HttpService::build()
        .graceful_shutdown_signal(move || {
            let stopping = stopping.clone();
            async move { stopping.notified().await }
        })
        .finish(map_config(app, |()| AppConfig::default()))
        .tcp();
    let http = http.new_service(()).await.map_err(|()| DispatchError::InternalError)?;
    http.call(io).await
}

/// The process answers.
async fn alive() -> &'static str {
    "ok\n"
}

/// 200 when requests may be sent here, else 503; what was checked as JSON.
async fn ready(management: web::Data<Management>) -> HttpResponse {
    let checks = management.checks().await;
    let ready = checks.iter().all(|check| check.problem.is_none());
    let told = checks.into_iter().map(|check| {
        let found = check.problem.unwrap_or_else(|| "ok".to_owned());
        (check.name.to_owned(), Value::from(found))
    });
    let told: Map<String, Value> = told.collect();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    HttpResponse::build(status).json(json!({"ready": ready, "checks": told}))
}

/// Every metric.
async fn metrics(management: web::Data<Management>) -> HttpResponse {
    let mut text = String::new();
    match encode(&mut text, &management.registry) {
        Ok(()) => HttpResponse::Ok().content_type(OPEN_METRICS).body(text),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    fn check(problem: Option<&str>) -> Check {
        Check { name: "thing", problem: problem.map(str::to_owned) }
    }

    async fn status(management: &Arc<Management>) -> (StatusCode, Value) {
        let answer = ready(web::Data::from(Arc::clone(management))).await;
        let status = answer.status();
        let body = actix_web::body::to_bytes(answer.into_body()).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap())
    }

    #[actix_web::test]
    async fn one_problem_is_enough_not_to_be_ready() {
        let good = Management::new(Registry::default(), || vec![check(None)]);
        let (answer, body) = status(&good).await;
        assert_eq!((answer, &body["checks"]["thing"]), (StatusCode::OK, &json!("ok")));
        let bad =
            Management::new(Registry::default(), || vec![check(None), check(Some("is broken"))]);
        let (answer, body) = status(&bad).await;
        assert_eq!(answer, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(
            (&body["ready"], &body["checks"]["thing"]),
            (&json!(false), &json!("is broken"))
        );
    }

    #[actix_web::test]
    async fn a_server_that_is_about_to_stop_is_not_ready_whatever_else_is_well() {
        let management = Management::new(Registry::default(), || vec![check(None)]);
        management.drain();
        assert_eq!(status(&management).await.0, StatusCode::SERVICE_UNAVAILABLE);
    }

    #[actix_web::test]
    async fn checks_that_hang_are_a_no_in_time_and_hold_one_thread() {
        let (looking, looks) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        let released = std::sync::Mutex::new(released);
        let management = Management::new(Registry::default(), move || {
            looking.send(()).unwrap();
            released.lock().unwrap().recv().ok();
            vec![check(None)]
        });
        for _ in 0..2 {
            assert_eq!(status(&management).await.0, StatusCode::SERVICE_UNAVAILABLE);
        }
        assert_eq!(looks.try_iter().count(), 1);
        drop(release);
        assert_eq!(status(&management).await.0, StatusCode::OK);
    }
}
