//! GET `/account`.

use actix_web::{HttpRequest, HttpResponse, web};
use keywright_core::account::overview;
use keywright_core::account::visit::{self, Place};
use keywright_core::session::{FormScope, form_token};

use crate::endpoints::rendering::page;
use crate::endpoints::step;
use crate::error::Failure;
use crate::extract::browser::Visitor;
use crate::pages::{Account, csp};
use crate::state::State;

/// The account of whoever is logged in.
pub(crate) async fn get(request: HttpRequest, state: web::Data<State>) -> HttpResponse {
    show(&request, &state).await.unwrap_or_else(|failure| failure.page(&request, &state))
}

async fn show(request: &HttpRequest, state: &State) -> Result<HttpResponse, Failure> {
    let visitor = Visitor::of(request, state)?;
    let browser = visitor.browser.clone();
    let found = state
        .ask(request, move |provider| match overview::show(provider, &browser)? {
            Some(overview) => Ok(Ok(overview)),
            None => visit::begin(provider, &browser, Place::Account).map(Err),
        })
        .await?;
    match found {
        Ok(overview) => {
            let csrf = form_token(&state.provider, &visitor.browser, FormScope::Session)?;
            page(&Account::new(state.layout(), &csrf, &overview), &csp(None))
        }
        Err(login) => step::show(state, &visitor, login),
    }
}
