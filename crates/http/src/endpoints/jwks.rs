//! The public keys (RFC 7517 section 5): prepared bytes.

use actix_web::{HttpRequest, HttpResponse, web};

use super::rendering::{Caching, cached};
use crate::state::State;

/// Announced, active and retired keys. A key is announced for longer than a cache may keep this.
pub(crate) async fn get(request: HttpRequest, state: web::Data<State>) -> HttpResponse {
    match state.publisher.current(&request, &state).await {
        Ok(published) => {
            let document = &published.jwks;
            let caching = Caching { etag: &document.etag, control: "public, max-age=900" };
            cached(&request, caching, "application/json", document.bytes.clone())
        }
        Err(failure) => failure.json(&request, true),
    }
}
