//! `/logout` (OIDC RP-Initiated Logout 1.0).

use actix_web::{HttpRequest, HttpResponse, web};
use keywright_core::authorize::Decision;
use keywright_core::session::logout::LogoutStep;
use keywright_core::session::{FormScope, form_token, logout};

use super::interaction;
use super::rendering::{page, see_other};
use crate::error::Failure;
use crate::extract::browser::{Visitor, end_session};
use crate::extract::form;
use crate::extract::own_form::{decision, own_form};
use crate::pages::{LogoutConfirm, SignedOut, csp};
use crate::state::State;

/// GET `/logout`: a client sends its user to log out.
pub(crate) async fn get(request: HttpRequest, state: web::Data<State>) -> HttpResponse {
    begin(&request, &state).await.unwrap_or_else(|failure| failure.page(&request, &state))
}

async fn begin(request: &HttpRequest, state: &State) -> Result<HttpResponse, Failure> {
    let parameters = form::query(request)?;
    let visitor = Visitor::of(request, state)?;
    let browser = visitor.browser.clone();
    let next =
        state.ask(request, move |provider| logout::begin(provider, &parameters, &browser)).await?;
    show(state, &visitor, next)
}

/// POST `/logout`: stored, to go on at a GET. A POST from another site brings no cookies.
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
    let parked = state.ask(request, move |provider| logout::park(provider, &parameters)).await?;
    Ok(see_other(&format!("{}/logout/{parked}", state.base)))
}

/// GET `/logout/{id}`: what comes next.
pub(crate) async fn resume(request: HttpRequest, state: web::Data<State>) -> HttpResponse {
    next(&request, &state).await.unwrap_or_else(|failure| failure.page(&request, &state))
}

async fn next(request: &HttpRequest, state: &State) -> Result<HttpResponse, Failure> {
    let id = interaction::named(request)?;
    let visitor = Visitor::of(request, state)?;
    let (browser, asked) = (visitor.browser.clone(), id.clone());
    let next =
        state.ask(request, move |provider| logout::resume(provider, &asked, &browser)).await?;
    match &next {
        // A parked request has become an interaction of its own: its page can be reloaded.
        LogoutStep::Confirm { interaction, .. } if *interaction != id => {
            let there = see_other(&format!("{}/logout/{interaction}", state.base));
            Ok(visitor.remember(state, there)?)
        }
        _ => show(state, &visitor, next),
    }
}

/// POST `/logout/{id}`: the user decided.
pub(crate) async fn confirm(
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> HttpResponse {
    decide(&request, payload, &state).await.unwrap_or_else(|failure| failure.page(&request, &state))
}

async fn decide(
    request: &HttpRequest,
    payload: web::Payload,
    state: &State,
) -> Result<HttpResponse, Failure> {
    let id = interaction::named(request)?;
    let visitor = Visitor::of(request, state)?;
    let mut form = own_form(state, request, &visitor, payload, FormScope::Browser).await?;
    if decision(&mut form, Decision::Consent)? != Decision::Consent {
        return page(&SignedOut { layout: state.layout(), ended: false }, &csp(None));
    }
    let browser = visitor.browser.clone();
    let next = state.ask(request, move |provider| logout::confirm(provider, &id, &browser)).await?;
    show(state, &visitor, next)
}

fn show(state: &State, visitor: &Visitor, step: LogoutStep) -> Result<HttpResponse, Failure> {
    let response = match step {
        LogoutStep::Confirm { interaction, login, client_name, redirect } => {
            let confirm = LogoutConfirm {
                layout: state.layout(),
                action: &format!("{}/logout/{interaction}", state.base),
                csrf: &form_token(&state.provider, &visitor.browser, FormScope::Browser)?,
                login: &login,
                client_name: client_name.as_deref(),
            };
            page(&confirm, &csp(redirect.as_deref()))?
        }
        LogoutStep::Done { redirect: Some(redirect) } => end_session(state, see_other(&redirect))?,
        LogoutStep::Done { redirect: None } => {
            let signed_out = SignedOut { layout: state.layout(), ended: true };
            end_session(state, page(&signed_out, &csp(None))?)?
        }
    };
    Ok(visitor.remember(state, response)?)
}
