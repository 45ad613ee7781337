//! POST `/authorize/{id}/login`: name and password.
//!
//! The one request with two hops: look up, verify in the hash queue (which holds no database
//! permit), begin the session.

use actix_web::http::header::{HeaderValue, USER_AGENT};
use actix_web::{HttpRequest, HttpResponse, web};
use keywright_core::account::login;
use keywright_core::authorize::{self, Decision, Step};
use keywright_core::error::{Error, ErrorCode};
use keywright_core::id::InteractionId;
use keywright_core::secret::Secret;
use keywright_core::session::FormScope;

use super::rendering::see_other;
use super::{interaction, step};
use crate::error::Failure;
use crate::extract::browser::{Visitor, begin_session};
use crate::extract::own_form::{decision, own_form};
use crate::pages::LoginProblem;
use crate::state::State;

/// Longest part of a `User-Agent` that a session remembers, in characters.
const MAX_USER_AGENT: usize = 200;

/// What became of a login.
enum Outcome {
    /// The value of the new session's cookie.
    Begun(Secret),
    /// Not this time: show the page again.
    Again(Box<Step>),
}

/// Logs in, or shows the page again.
pub(crate) async fn post(
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> HttpResponse {
    answer(&request, payload, &state).await.unwrap_or_else(|failure| failure.page(&request, &state))
}

async fn answer(
    request: &HttpRequest,
    payload: web::Payload,
    state: &State,
) -> Result<HttpResponse, Failure> {
    let id = interaction::named(request)?;
    let visitor = Visitor::of(request, state)?;
    let mut form = own_form(state, request, &visitor, payload, FormScope::Browser).await?;
    let back = step::path(state, &id);
    if decision(&mut form, Decision::Consent)? == Decision::Deny {
        let browser = visitor.browser;
        state.ask(request, move |p| authorize::decide(p, &id, &browser, Decision::Deny)).await?;
        return Ok(see_other(&back));
    }
    let typed = form.take("login").unwrap_or_default();
    let Some(password) = form.take("password").map(Secret::new).filter(|_| !typed.is_empty())
    else {
        let browser = visitor.browser.clone();
        let next = state.ask(request, move |p| authorize::resume(p, &id, &browser)).await?;
        return step::login_again(state, &visitor, next, &typed, LoginProblem::Incomplete);
    };
    let attempt = verify(request, state, typed.clone(), password).await?;
    match begin(request, state, &visitor, id, attempt).await? {
        Outcome::Begun(session) => Ok(begin_session(state, see_other(&back), &session)?),
        Outcome::Again(next) => {
            step::login_again(state, &visitor, *next, &typed, LoginProblem::Rejected)
        }
    }
}

/// Looks the user up and verifies the password; the same work for every name.
async fn verify(
    request: &HttpRequest,
    state: &State,
    typed: String,
    password: Secret,
) -> Result<(login::Attempt, login::Verdict), Failure> {
    let attempt = state.ask(request, move |provider| login::look_up(provider, &typed)).await?;
    let provider = state.provider.clone();
    let verified = move || {
        let verdict = login::verify(&provider, &attempt, &password);
        (attempt, verdict)
    };
    state.hashes.run(verified).await.map_err(|_| Failure::Overloaded)
}

async fn begin(
    request: &HttpRequest,
    state: &State,
    visitor: &Visitor,
    id: InteractionId,
    (attempt, verdict): (login::Attempt, login::Verdict),
) -> Result<Outcome, Failure> {
    let browser = visitor.browser.clone();
    let user_agent = user_agent(request);
    state
        .ask(request, move |p| match login::finish(p, &attempt, &verdict, &browser, &user_agent) {
            Ok(session) => Ok(Outcome::Begun(session)),
            Err(Error::Refused(refusal) | Error::RefusedAndRecorded(refusal))
                if refusal.code == ErrorCode::AccessDenied =>
            {
                tracing::info!(detail = refusal.detail, "a login was refused");
                authorize::resume(p, &id, &browser).map(|next| Outcome::Again(Box::new(next)))
            }
            Err(error) => Err(error),
        })
        .await
}

fn user_agent(request: &HttpRequest) -> String {
    let value = request.headers().get(USER_AGENT).map(HeaderValue::as_bytes);
    let text = String::from_utf8_lossy(value.unwrap_or_default());
    text.chars().filter(|c| !c.is_control()).take(MAX_USER_AGENT).collect()
}
