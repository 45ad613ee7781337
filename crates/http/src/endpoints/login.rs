//! POST `/authorize/{id}/login`: name and password.
//!
//! The one request with two hops: count the attempt and look up, verify in the hash queue (which
//! holds no database permit), begin the session. Without a place in that queue the database is
//! not asked at all: a flood of logins must not cost turns of others. Whatever is wrong is said on
//! the same page, with what was typed.

use actix_web::http::header::{HeaderValue, USER_AGENT};
use actix_web::{HttpRequest, HttpResponse, web};
use keywright_core::account::login::{self, Attempt, LoggedIn, Verdict};
use keywright_core::authorize::{self, Decision, Step};
use keywright_core::error::{Error, ErrorCode};
use keywright_core::id::InteractionId;
use keywright_core::secret::Secret;
use keywright_core::session::FormScope;

use super::rendering::see_other;
use super::{interaction, step};
use crate::error::Failure;
use crate::extract::browser::{Visitor, begin_session, remember_device};
use crate::extract::own_form::{decision, own_form};
use crate::pages::LoginProblem;
use crate::state::State;

/// Longest part of a `User-Agent` that a session remembers, in characters.
const MAX_USER_AGENT: usize = 200;

/// What became of a part of a login.
enum Outcome<T> {
    /// It goes on.
    Done(T),
    /// Not this time: show the page again.
    Again(Box<Step>, LoginProblem),
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
    let read = own_form(state, request, &visitor, payload, FormScope::Browser).await;
    let mut form = match read {
        // Nothing was done and nothing of the form is used: the same page as after a reload.
        Err(Failure::Stale(_)) => {
            let next = resume(request, state, &visitor, id).await?;
            return step::login_again(state, &visitor, next, "", LoginProblem::Stale);
        }
        read => read?,
    };
    let back = step::path(state, &id);
    if decision(&mut form, Decision::Consent)? == Decision::Deny {
        let browser = visitor.browser;
        state.ask(request, move |p| authorize::decide(p, &id, &browser, Decision::Deny)).await?;
        return Ok(see_other(&back));
    }
    let typed = form.take("login").unwrap_or_default();
    let Some(password) = form.take("password").map(Secret::new).filter(|_| !typed.is_empty())
    else {
        let next = resume(request, state, &visitor, id).await?;
        return step::login_again(state, &visitor, next, &typed, LoginProblem::Incomplete);
    };
    match log_in(request, state, &visitor, (id, typed.clone(), password)).await? {
        Outcome::Done(logged_in) => {
            let response = begin_session(state, see_other(&back), &logged_in.session)?;
            Ok(remember_device(state, response, logged_in.device.as_ref())?)
        }
        Outcome::Again(next, problem) => step::login_again(state, &visitor, *next, &typed, problem),
    }
}

async fn resume(
    request: &HttpRequest,
    state: &State,
    visitor: &Visitor,
    id: InteractionId,
) -> Result<Step, Failure> {
    let browser = visitor.browser.clone();
    state.ask(request, move |provider| authorize::resume(provider, &id, &browser)).await
}

async fn log_in(
    request: &HttpRequest,
    state: &State,
    visitor: &Visitor,
    (id, typed, password): (InteractionId, String, Secret),
) -> Result<Outcome<LoggedIn>, Failure> {
    let place = state.hashes.place().await.map_err(|_full| Failure::LoginsFull)?;
    let attempt = match look_up(request, state, visitor, (id.clone(), typed)).await? {
        Outcome::Done(attempt) => attempt,
        Outcome::Again(next, problem) => return Ok(Outcome::Again(next, problem)),
    };
    let (provider, verified) = (state.provider.clone(), attempt.clone());
    let verify = move || login::verify(&provider, &verified, &password);
    if let Ok(verdict) = state.hashes.run_in(place, verify).await {
        return begin(request, state, visitor, (id, attempt, verdict)).await;
    }
    let browser = visitor.browser.clone();
    let busy = state.ask(request, move |provider| {
        login::give_back(provider, &attempt.reservation)?;
        authorize::resume(provider, &id, &browser)
    });
    Ok(Outcome::Again(Box::new(busy.await?), LoginProblem::Busy))
}

/// Counts the attempt and looks the user up; the same work for every name.
async fn look_up(
    request: &HttpRequest,
    state: &State,
    visitor: &Visitor,
    (id, typed): (InteractionId, String),
) -> Result<Outcome<Attempt>, Failure> {
    let (browser, known) = (visitor.browser.clone(), visitor.known.clone());
    state
        .ask(request, move |provider| match login::look_up(provider, &typed, &known) {
            Ok(attempt) => Ok(Outcome::Done(attempt)),
            Err(Error::Throttled(wait)) => {
                let problem = LoginProblem::Wait { seconds: wait.0.unsigned_abs() };
                let next = authorize::resume(provider, &id, &browser)?;
                Ok(Outcome::Again(Box::new(next), problem))
            }
            Err(error) => Err(error),
        })
        .await
}

async fn begin(
    request: &HttpRequest,
    state: &State,
    visitor: &Visitor,
    (id, attempt, verdict): (InteractionId, Attempt, Verdict),
) -> Result<Outcome<LoggedIn>, Failure> {
    let browser = visitor.browser.clone();
    let user_agent = user_agent(request);
    state
        .ask(request, move |p| match login::finish(p, &attempt, &verdict, &browser, &user_agent) {
            Ok(logged_in) => Ok(Outcome::Done(logged_in)),
            Err(Error::Refused(refusal) | Error::RefusedAndRecorded(refusal))
                if refusal.code == ErrorCode::AccessDenied =>
            {
                tracing::info!(detail = refusal.detail, "a login was refused");
                let next = authorize::resume(p, &id, &browser)?;
                Ok(Outcome::Again(Box::new(next), LoginProblem::Rejected))
            }
            Err(error) => Err(error),
        })
        .await
}

/// How the browser names itself, shortened.
pub(super) fn user_agent(request: &HttpRequest) -> String {
    let value = request.headers().get(USER_AGENT).map(HeaderValue::as_bytes);
    let text = String::from_utf8_lossy(value.unwrap_or_default());
    text.chars().filter(|c| !c.is_control()).take(MAX_USER_AGENT).collect()
}
