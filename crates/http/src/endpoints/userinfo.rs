//! `/userinfo` (OIDC Core section 5.3).

use actix_web::{HttpRequest, HttpResponse, web};
use keywright_core::userinfo::userinfo;

use super::rendering::json;
use crate::error::{Failure, token_wanted};
use crate::extract::bearer;
use crate::extract::form::{form, is_form};
use crate::extract::parameters::Parameters;
use crate::state::State;

/// GET: the token is in the header.
pub(crate) async fn get(request: HttpRequest, state: web::Data<State>) -> HttpResponse {
    let answer = answer(&request, Parameters::default(), &state).await;
    answer.unwrap_or_else(|failure| failure.bearer())
}

/// POST: the token is in the header or in a form.
pub(crate) async fn post(
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> HttpResponse {
    let form =
        if is_form(&request) { form(&request, payload).await } else { Ok(Parameters::default()) };
    match form {
        Ok(form) => answer(&request, form, &state).await.unwrap_or_else(|failure| failure.bearer()),
        Err(failure) => failure.bearer(),
    }
}

async fn answer(
    request: &HttpRequest,
    mut form: Parameters,
    state: &State,
) -> Result<HttpResponse, Failure> {
    let Some(token) = bearer::token(request.headers(), &mut form)? else {
        return Ok(token_wanted());
    };
    let claims = state.ask(request, move |provider| userinfo(provider, &token)).await?;
    Ok(json(&claims))
}
