//! An API that accepts Keywright's access tokens.
//!
//! Reading and adding is decided by the token alone: signature, issuer, audience, expiry, scope.
//! That needs no call, and a token that was revoked is good for its remaining minutes. Deleting
//! cannot be undone, so there the API asks Keywright whether the token is still alive.

mod guard;
mod keys;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use actix_web::web::{Data, Json};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, delete, get, post};
use keywright_example::{AnyError, setting};
use serde::{Deserialize, Serialize};

use guard::{Guard, Refusal};

/// A note.
#[derive(Clone, Serialize, Deserialize)]
struct Note {
    text: String,
}

/// Notes by `sub`.
#[derive(Default)]
struct Notes(Mutex<HashMap<String, Vec<Note>>>);

impl Notes {
    fn all(&self) -> MutexGuard<'_, HashMap<String, Vec<Note>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[actix_web::main]
async fn main() -> Result<(), AnyError> {
    let port: u16 = setting("PORT").map_or(Ok(3001), |text| text.parse())?;
    let guard = Data::new(Guard::discover().await?);
    let notes = Data::new(Notes::default());
    let app = move || {
        let app = App::new().app_data(guard.clone()).app_data(notes.clone());
        app.service((list, add, clear))
    };
    Ok(HttpServer::new(app).workers(1).bind(("127.0.0.1", port))?.run().await?)
}

#[get("/notes")]
async fn list(
    guard: Data<Guard>,
    notes: Data<Notes>,
    request: HttpRequest,
) -> Result<HttpResponse, Refusal> {
    let token = guard.check(&request, "notes:read").await?;
    let found = notes.all().get(&token.sub).cloned().unwrap_or_default();
    Ok(HttpResponse::Ok().json(found))
}

#[post("/notes")]
async fn add(
    guard: Data<Guard>,
    notes: Data<Notes>,
    request: HttpRequest,
    note: Json<Note>,
) -> Result<HttpResponse, Refusal> {
    let token = guard.check(&request, "notes:write").await?;
    notes.all().entry(token.sub).or_default().push(note.0.clone());
    Ok(HttpResponse::Created().json(note))
}

#[delete("/notes")]
async fn clear(
    guard: Data<Guard>,
    notes: Data<Notes>,
    request: HttpRequest,
) -> Result<HttpResponse, Refusal> {
    let token = guard.check(&request, "notes:write").await?;
    guard.check_alive(&request).await?;
    notes.all().remove(&token.sub);
    Ok(HttpResponse::NoContent().finish())
}
