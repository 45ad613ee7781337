//! `/token` (RFC 6749 section 3.2).

use actix_web::{HttpRequest, HttpResponse, web};
use keywright_core::provider::Provider;
use keywright_core::token::{self, TokenRequest};

use super::rendering::json;
use crate::error::Failure;
use crate::extract::client_form::ClientForm;
use crate::extract::token_request;
use crate::metrics;
use crate::state::State;

/// Exchanges a grant for tokens.
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
    let grant_type = metrics::grant_type(form.parameters.peek("grant_type").unwrap_or_default());
    match exchange(&request, &state, form).await {
        Ok(answer) => {
            state.metrics.tokens.issued(grant_type);
            answer
        }
        Err(failure) => {
            state.metrics.tokens.refused(grant_type, failure.code());
            failure.json(&request, named)
        }
    }
}

async fn exchange(
    request: &HttpRequest,
    state: &State,
    form: ClientForm,
) -> Result<HttpResponse, Failure> {
    let ClientForm { presented, parameters, .. } = form;
    let wanted = token_request::parse(parameters)?;
    // The other grants are rows.
    let reads_memory = matches!(wanted, TokenRequest::ClientCredentials { .. });
    let exchange = move |provider: &Provider| token::exchange(provider, &presented, &wanted);
    let tokens = if reads_memory {
        state.ask_memory_first(request, exchange).await?
    } else {
        state.ask(request, exchange).await?
    };
    Ok(json(&tokens))
}
