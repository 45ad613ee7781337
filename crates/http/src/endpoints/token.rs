//! `/token` (RFC 6749 section 3.2).

use actix_web::{HttpRequest, HttpResponse, web};
use keywright_core::client::authenticate::Presented;
use keywright_core::error::{Error, ErrorCode};
use keywright_core::secret::Secret;
use keywright_core::token::{self, TokenRequest};

use super::rendering::json;
use crate::error::Failure;
use crate::extract::client::presented;
use crate::extract::form::form;
use crate::extract::parameters::Parameters;
use crate::state::State;

/// Exchanges a grant for tokens.
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
    match exchange(&state, presented, form).await {
        Ok(response) => response,
        Err(failure) => failure.json(&request, named),
    }
}

async fn exchange(
    state: &State,
    presented: Presented,
    form: Parameters,
) -> Result<HttpResponse, Failure> {
    let request = parse(form)?;
    let tokens = state
        .ask(move |provider| token::exchange(provider, &presented, &request))
        .await?;
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
