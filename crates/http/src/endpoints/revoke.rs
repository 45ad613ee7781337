//! `/revoke` (RFC 7009).

use actix_web::{HttpRequest, HttpResponse, web};
use keywright_core::client::authenticate::Presented;
use keywright_core::revoke::revoke;
use keywright_core::secret::Secret;

use crate::error::Failure;
use crate::extract::client::presented;
use crate::extract::form::form;
use crate::extract::parameters::Parameters;
use crate::state::State;

/// Ends a token; 200 also for one that is unknown (section 2.2).
pub(crate) async fn post(
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> HttpResponse {
    let mut form = match form(&request, payload).await {
        Ok(form) => form,
        Err(failure) => return failure.json(&request, false),
    };
    let presented = match presented(request.headers(), &mut form) {
        Ok(presented) => presented,
        Err(error) => return Failure::from(error).json(&request, true),
    };
    let named = presented.client_id.is_some();
    match answer(&state, presented, form).await {
        Ok(response) => response,
        Err(failure) => failure.json(&request, named),
    }
}

async fn answer(
    state: &State,
    presented: Presented,
    mut form: Parameters,
) -> Result<HttpResponse, Failure> {
    let token = Secret::new(form.require("token")?);
    state
        .ask(move |provider| revoke(provider, &presented, &token))
        .await?;
    Ok(HttpResponse::Ok().finish())
}
