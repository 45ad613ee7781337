//! The sample API: serves notes to whoever shows an access token for it, and verifies that token
//! on its own, with nothing but the issuer's JWKS.

use std::net::TcpListener;
use std::sync::{Mutex, PoisonError};

use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use keywright_core::time::Clock as _;
use serde_json::{Value, json};

use super::application::Party;
use super::stage::SCOPE;
use super::token::{self, Expected, Verified};
use super::wire;
use crate::clock::SystemClock;
use crate::failure::Failure;

struct Api {
    issuer: String,
    identifier: String,
    client: reqwest::Client,
    /// The JWKS as it was seen last: fetched again when a token names a key that is not in it.
    jwks: Mutex<Value>,
}

/// A refusal (RFC 6750 section 3.1).
struct Refusal {
    status: StatusCode,
    code: &'static str,
    why: String,
}

/// Lets the API answer on `listener`.
///
/// # Errors
/// When the listener cannot be used.
pub(super) fn open(listener: TcpListener, party: &Party) -> Result<(), Failure> {
    let api = web::Data::new(Api {
        issuer: party.issuer.clone(),
        identifier: party.api.clone(),
        client: wire::client().map_err(|error| Failure::new(error.to_string()))?,
        jwks: Mutex::new(Value::Null),
    });
    let routes = move || App::new().app_data(api.clone()).route("/notes", web::get().to(notes));
    let server = HttpServer::new(routes).workers(1).disable_signals().listen(listener)?.run();
    actix_web::rt::spawn(server);
    Ok(())
}

async fn notes(request: HttpRequest, api: web::Data<Api>) -> HttpResponse {
    let Some(token) = bearer(&request) else {
        // Nothing was shown, so nothing is said about it (RFC 6750 section 3.1).
        return HttpResponse::Unauthorized()
            .insert_header((WWW_AUTHENTICATE, format!("Bearer scope=\"{SCOPE}\"")))
            .json(json!({ "error": "no access token" }));
    };
    match api.authorize(token).await {
        Ok(token) => HttpResponse::Ok().json(json!({
            "notes": ["Buy a padlock", "Lose the key", "Call the keywright"],
            "of": token.claims.get("sub"),
            "asked_by": token.claims.get("client_id"),
        })),
        Err(Refusal { status, code, why }) => HttpResponse::build(status)
            .insert_header((
                WWW_AUTHENTICATE,
                format!("Bearer error=\"{code}\", error_description=\"{why}\""),
            ))
            .json(json!({ "error": code, "why": why })),
    }
}

impl Api {
    async fn authorize(&self, token: &str) -> Result<Verified, Refusal> {
        let invalid =
            |why: String| Refusal { status: StatusCode::UNAUTHORIZED, code: "invalid_token", why };
        let expected =
            Expected { issuer: &self.issuer, audience: &self.identifier, now: SystemClock.now().0 };
        let mut jwks = self.known();
        if !token::is_known(token, &jwks) {
            jwks = self.fetch().await.map_err(invalid)?;
        }
        let verified = token::verify(token, &jwks, expected).map_err(invalid)?;
        let scopes = verified.claims.get("scope").and_then(Value::as_str).unwrap_or_default();
        if scopes.split(' ').any(|scope| scope == SCOPE) {
            return Ok(verified);
        }
        Err(Refusal {
            status: StatusCode::FORBIDDEN,
            code: "insufficient_scope",
            why: format!("its scope lacks {SCOPE}"),
        })
    }

    fn known(&self) -> Value {
        self.jwks.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn fetch(&self) -> Result<Value, String> {
        let failed = || "the JWKS could not be fetched".to_owned();
        let answer = self.client.get(format!("{}/jwks", self.issuer)).send().await;
        let text = answer.map_err(|_| failed())?.text().await.map_err(|_| failed())?;
        let jwks: Value = serde_json::from_str(&text).map_err(|_| failed())?;
        self.jwks.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&jwks);
        Ok(jwks)
    }
}

fn bearer(request: &HttpRequest) -> Option<&str> {
    let value = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}
