//! `/token` (RFC 6749 section 3.2).

use actix_web::{HttpRequest, HttpResponse, web};
use keywright_core::error::{Error, ErrorCode};
use keywright_core::provider::Provider;
use keywright_core::secret::Secret;
use keywright_core::token::{self, TokenRequest};

use super::rendering::json;
use crate::error::Failure;
use crate::extract::client_form::ClientForm;
use crate::extract::parameters::Parameters;
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
    let wanted = parse(parameters)?;
    let exchange = move |provider: &Provider| token::exchange(provider, &presented, &wanted);
    let tokens = state.ask(request, exchange).await?;
    Ok(json(&tokens))
}

fn parse(mut form: Parameters) -> Result<TokenRequest, Error> {
    let grant_type = form.require("grant_type")?;
    match grant_type.as_str() {
        "authorization_code" => Ok(TokenRequest::AuthorizationCode {
            code: Secret::new(form.require("code")?),
            redirect_uri: form.take("redirect_uri"),
            code_verifier: form.take("code_verifier").map(Secret::new),
            resources: form.take_all("resource"),
        }),
        "refresh_token" => Ok(TokenRequest::RefreshToken {
            refresh_token: Secret::new(form.require("refresh_token")?),
            scope: form.take("scope"),
            resources: form.take_all("resource"),
        }),
        "client_credentials" => Ok(TokenRequest::ClientCredentials {
            scope: form.take("scope"),
            resources: form.take_all("resource"),
        }),
        _ => Err(Error::refused(
            ErrorCode::UnsupportedGrantType,
            "The grant type is not supported here",
        )),
    }
}
