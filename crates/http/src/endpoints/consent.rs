//! POST `/authorize/{id}/consent`: what the user decided on the consent page.

use actix_web::{HttpRequest, HttpResponse, web};
use keywright_core::authorize::{self, Decision};
use keywright_core::session::FormScope;

use super::rendering::see_other;
use super::{interaction, step};
use crate::error::Failure;
use crate::extract::browser::Visitor;
use crate::extract::own_form::{decision, own_form};
use crate::state::State;

/// Records the decision and returns to the dispatcher.
pub(crate) async fn post(
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> HttpResponse {
    decide(&request, payload, &state, Decision::Consent)
        .await
        .unwrap_or_else(|failure| failure.page(&request, &state))
}

/// Serves the account page, too; `accept` is what its first button means.
pub(super) async fn decide(
    request: &HttpRequest,
    payload: web::Payload,
    state: &State,
    accept: Decision,
) -> Result<HttpResponse, Failure> {
    let id = interaction::named(request)?;
    let visitor = Visitor::of(request, state)?;
    let mut form = own_form(state, request, &visitor, payload, FormScope::Session).await?;
    let decision = decision(&mut form, accept)?;
    let back = see_other(&step::path(state, &id));
    state
        .ask(request, move |provider| authorize::decide(provider, &id, &visitor.browser, decision))
        .await?;
    Ok(back)
}
