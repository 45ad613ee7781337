//! POST `/account/sessions` ends one session, POST `/account/sign-out` this one or all.

use actix_web::{HttpRequest, HttpResponse, web};
use keywright_core::account::sessions;
use keywright_core::error::{Error, ErrorCode};
use keywright_core::id::Sid;

use super::{after, form};
use crate::error::Failure;
use crate::state::State;

/// Ends the session that the form names.
pub(crate) async fn end(
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> HttpResponse {
    end_named(&request, payload, &state)
        .await
        .unwrap_or_else(|failure| failure.page(&request, &state))
}

async fn end_named(
    request: &HttpRequest,
    payload: web::Payload,
    state: &State,
) -> Result<HttpResponse, Failure> {
    let (visitor, mut form) = form(request, payload, state).await?;
    let sid = Sid::new(form.require("sid")?);
    let ended = state.ask(request, move |p| sessions::end(p, &visitor.browser, &sid)).await?;
    after(state, ended)
}

/// Signs out.
pub(crate) async fn sign_out(
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> HttpResponse {
    leave(&request, payload, &state).await.unwrap_or_else(|failure| failure.page(&request, &state))
}

async fn leave(
    request: &HttpRequest,
    payload: web::Payload,
    state: &State,
) -> Result<HttpResponse, Failure> {
    let (visitor, mut form) = form(request, payload, state).await?;
    let work = match form.take("where").as_deref() {
        Some("here") => sessions::end_this,
        Some("everywhere") => sessions::end_all,
        _ => {
            let text = "The form does not say where to sign out";
            return Err(Error::refused(ErrorCode::InvalidRequest, text).into());
        }
    };
    let ended = state.ask(request, move |provider| work(provider, &visitor.browser)).await?;
    after(state, ended)
}
