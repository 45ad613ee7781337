//! `/authorize` (RFC 6749 section 3.1, OIDC Core section 3.1.2): a dispatcher over a stored
//! interaction.

use actix_web::{HttpRequest, HttpResponse, web};
use keywright_core::authorize;

use super::rendering::see_other;
use super::{interaction, step};
use crate::error::Failure;
use crate::extract::browser::Visitor;
use crate::extract::form;
use crate::state::State;

/// GET `/authorize`: a request begins.
pub(crate) async fn get(request: HttpRequest, state: web::Data<State>) -> HttpResponse {
    begin(&request, &state).await.unwrap_or_else(|failure| failure.page(&request, &state))
}

async fn begin(request: &HttpRequest, state: &State) -> Result<HttpResponse, Failure> {
    let parameters = form::query(request)?;
    let visitor = Visitor::of(request, state)?;
    let browser = visitor.browser.clone();
    let next = state
        .ask(request, move |provider| authorize::begin(provider, &parameters, &browser))
        .await?;
    step::show(state, &visitor, next)
}

/// POST `/authorize`: stored, to go on at a GET. A POST from another site brings no cookies.
pub(crate) async fn post(
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> HttpResponse {
    park(&request, payload, &state).await.unwrap_or_else(|failure| failure.page(&request, &state))
}

async fn park(
    request: &HttpRequest,
    payload: web::Payload,
    state: &State,
) -> Result<HttpResponse, Failure> {
    let parameters = form::pairs(request, payload).await?;
    let parked = state.ask(request, move |provider| authorize::park(provider, &parameters)).await?;
    Ok(see_other(&step::path(state, &parked)))
}

/// GET `/authorize/{id}`: what comes next.
pub(crate) async fn resume(request: HttpRequest, state: web::Data<State>) -> HttpResponse {
    next(&request, &state).await.unwrap_or_else(|failure| failure.page(&request, &state))
}

async fn next(request: &HttpRequest, state: &State) -> Result<HttpResponse, Failure> {
    let id = interaction::named(request)?;
    let visitor = Visitor::of(request, state)?;
    let (browser, asked) = (visitor.browser.clone(), id.clone());
    let next =
        state.ask(request, move |provider| authorize::resume(provider, &asked, &browser)).await?;
    match step::interaction(&next) {
        // A parked request has become an interaction of its own: its page can be reloaded.
        Some(fresh) if *fresh != id => {
            Ok(visitor.remember(state, see_other(&step::path(state, fresh)))?)
        }
        _ => step::show(state, &visitor, next),
    }
}
