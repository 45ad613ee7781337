//! `/revoke` (RFC 7009).

use actix_web::{HttpRequest, HttpResponse, web};
use keywright_core::revoke::revoke;
use keywright_core::secret::Secret;

use crate::error::Failure;
use crate::extract::client_form::ClientForm;
use crate::state::State;

/// Ends a token; 200 also for one that is unknown (section 2.2).
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
    state.ask(request, move |provider| revoke(provider, &presented, &token)).await?;
    Ok(HttpResponse::Ok().finish())
}
