//! The metadata document (OIDC Discovery 1.0 section 4, RFC 8414 section 3): prepared bytes.

use actix_web::{HttpRequest, HttpResponse, web};

use super::rendering::{Caching, cached};
use crate::state::State;

/// The same document at every address.
pub(crate) async fn get(request: HttpRequest, state: web::Data<State>) -> HttpResponse {
    match state.publisher.current(&request, &state).await {
        Ok(published) => {
            let document = &published.discovery;
            let caching = Caching { etag: &document.etag, control: "public, max-age=300" };
            cached(&request, caching, "application/json", document.bytes.clone())
        }
        Err(failure) => failure.json(&request, true),
    }
}
