//! POST `/account/applications`: shows an application out.

use actix_web::{HttpRequest, HttpResponse, web};
use keywright_core::account::applications;
use keywright_core::id::ClientId;

use super::{back, form};
use crate::error::Failure;
use crate::state::State;

/// Ends every grant between the user and the client that the form names.
pub(crate) async fn revoke(
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> HttpResponse {
    revoke_named(&request, payload, &state)
        .await
        .unwrap_or_else(|failure| failure.page(&request, &state))
}

async fn revoke_named(
    request: &HttpRequest,
    payload: web::Payload,
    state: &State,
) -> Result<HttpResponse, Failure> {
    let (visitor, mut form) = form(request, payload, state).await?;
    let client = ClientId::new(form.require("client_id")?);
    state.ask(request, move |p| applications::revoke(p, &visitor.browser, &client)).await?;
    Ok(back(state))
}
