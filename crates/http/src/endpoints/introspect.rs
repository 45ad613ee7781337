//! `/introspect` (RFC 7662).

use actix_web::{HttpRequest, HttpResponse, web};
use keywright_core::introspect::introspect;
use keywright_core::secret::Secret;

use super::rendering::json;
use crate::error::Failure;
use crate::extract::client_form::ClientForm;
use crate::state::State;

/// Says whether a token is alive and what it is for.
pub(crate) async fn post(
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> HttpResponse {
    let form = match ClientForm::read(&request, payload).await {
        Ok(form) => form,
        Err(refused) => return refused,
    };
    let named = form.named;
    answer(&request, &state, form).await.unwrap_or_else(|failure| failure.json(&request, named))
}

async fn answer(
    request: &HttpRequest,
    state: &State,
    form: ClientForm,
) -> Result<HttpResponse, Failure> {
    let ClientForm { presented, mut parameters, .. } = form;
    let token = Secret::new(parameters.require("token")?);
    let answer =
        state.ask(request, move |provider| introspect(provider, &presented, &token)).await?;
    Ok(json(&answer))
}
