//! `/account`: what users see and do about themselves.
//!
//! GET shows; each form posts and returns to a GET. Whoever is not logged in is shown the login
//! page first and comes back.

pub(crate) mod applications;
pub(crate) mod overview;
pub(crate) mod password;
pub(crate) mod sessions;

use actix_web::{HttpRequest, HttpResponse, web};
use keywright_core::account::sessions::Ended;
use keywright_core::account::visit::Place;
use keywright_core::session::FormScope;

use super::rendering::see_other;
use super::step;
use crate::error::Failure;
use crate::extract::browser::{Visitor, end_session};
use crate::extract::own_form::own_form;
use crate::extract::parameters::Parameters;
use crate::state::State;

/// A form of the account pages: it counts for the session that it was shown in.
async fn form(
    request: &HttpRequest,
    payload: web::Payload,
    state: &State,
) -> Result<(Visitor, Parameters), Failure> {
    let visitor = Visitor::of(request, state)?;
    let form = own_form(state, request, &visitor, payload, FormScope::Session).await?;
    Ok((visitor, form))
}

/// Back to the account page, or away from it when the session of this browser has ended.
fn after(state: &State, ended: Ended) -> Result<HttpResponse, Failure> {
    match ended {
        Ended::Here => Ok(end_session(state, see_other(&format!("{}/", state.base)))?),
        Ended::Elsewhere | Ended::NobodyIsHere => Ok(back(state)),
    }
}

/// Back to the account page, which asks for a login when there is none.
fn back(state: &State) -> HttpResponse {
    see_other(&step::place(state, Place::Account))
}
