//! The issuer's own address.

use actix_web::{HttpRequest, HttpResponse, web};
use keywright_core::account::overview;
use keywright_core::account::visit::Place;

use super::rendering::{page, see_other};
use super::step;
use crate::error::Failure;
use crate::extract::browser::Visitor;
use crate::pages::{Landing, csp};
use crate::state::State;

/// Says what answers here; whoever is logged in goes on to the account page.
pub(crate) async fn get(request: HttpRequest, state: web::Data<State>) -> HttpResponse {
    show(&request, &state).await.unwrap_or_else(|failure| failure.page(&request, &state))
}

async fn show(request: &HttpRequest, state: &State) -> Result<HttpResponse, Failure> {
    let browser = Visitor::of(request, state)?.browser;
    // Without a session cookie nothing has to be asked.
    if browser.session.is_some()
        && state.ask(request, move |provider| overview::who(provider, &browser)).await?.is_some()
    {
        return Ok(see_other(&step::place(state, Place::Account)));
    }
    let landing = Landing { layout: state.layout(), issuer: &state.provider.settings.issuer };
    page(&landing, &csp(None))
}
