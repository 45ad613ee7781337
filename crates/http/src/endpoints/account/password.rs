//! `/account/password`: changing one's own password.
//!
//! Two hops, as a login: look up, verify and hash in the hash queue, write.

use actix_web::{HttpRequest, HttpResponse, web};
use keywright_core::account::change_password::{self, Begun, Typed};
use keywright_core::account::login::{self, Attempt};
use keywright_core::account::overview::{self, Profile};
use keywright_core::account::visit::{self, Place};
use keywright_core::error::{Error, ErrorCode};
use keywright_core::secret::Secret;
use keywright_core::session::{FormScope, form_token};

use super::{back, form};
use crate::endpoints::rendering::{self, see_other};
use crate::endpoints::step;
use crate::error::{Failure, for_problem};
use crate::extract::browser::{Visitor, begin_session};
use crate::extract::parameters::Parameters;
use crate::pages::{ChangePassword, LoginProblem, PasswordProblem, csp};
use crate::state::State;

/// `/.well-known/change-password` (W3C, A Well-Known URL for Changing Passwords).
pub(crate) async fn well_known(state: web::Data<State>) -> HttpResponse {
    see_other(&step::place(&state, Place::Password))
}

/// The form.
pub(crate) async fn get(request: HttpRequest, state: web::Data<State>) -> HttpResponse {
    show(&request, &state, None).await.unwrap_or_else(|failure| failure.page(&request, &state))
}

async fn show(
    request: &HttpRequest,
    state: &State,
    problem: Option<PasswordProblem>,
) -> Result<HttpResponse, Failure> {
    let visitor = Visitor::of(request, state)?;
    let browser = visitor.browser.clone();
    let found = state
        .ask(request, move |provider| match overview::who(provider, &browser)? {
            Some(profile) => Ok(Ok(profile)),
            None => visit::begin(provider, &browser, Place::Password).map(Err),
        })
        .await?;
    match found {
        Ok(profile) => render(state, &visitor, &profile, problem),
        Err(login) => step::show(state, &visitor, login),
    }
}

fn render(
    state: &State,
    visitor: &Visitor,
    profile: &Profile,
    problem: Option<PasswordProblem>,
) -> Result<HttpResponse, Failure> {
    let csrf = form_token(&state.provider, &visitor.browser, FormScope::Session)?;
    let page = ChangePassword {
        layout: state.layout(),
        csrf: &csrf,
        login: &profile.login,
        has_password: profile.password_set_at.is_some(),
        problem,
    };
    let page = rendering::page(&page, &csp(None))?;
    Ok(match problem {
        Some(PasswordProblem::Login(problem)) => for_problem(page, problem),
        _ => page,
    })
}

/// Changes the password, or shows the form again.
pub(crate) async fn post(
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> HttpResponse {
    change(&request, payload, &state).await.unwrap_or_else(|failure| failure.page(&request, &state))
}

async fn change(
    request: &HttpRequest,
    payload: web::Payload,
    state: &State,
) -> Result<HttpResponse, Failure> {
    let (visitor, mut form) = form(request, payload, state).await?;
    let Some(typed) = typed(&mut form) else {
        return show(request, state, Some(PasswordProblem::Incomplete)).await;
    };
    if let Err(why) = change_password::check(&typed) {
        return show(request, state, Some(PasswordProblem::NotGood(why))).await;
    }
    let place = state.hashes.place().await.map_err(|_full| Failure::LoginsFull)?;
    let (browser, known) = (visitor.browser.clone(), visitor.known.clone());
    let begun = state.ask(request, move |p| change_password::begin(p, &browser, &known)).await;
    let attempt = match begun {
        Ok(Begun::Attempt(attempt)) => attempt,
        Ok(Begun::NobodyIsHere | Begun::NoPassword) => return Ok(back(state)),
        Err(Failure::Protocol(Error::Throttled(wait))) => {
            let problem = LoginProblem::Wait { seconds: wait.0.unsigned_abs() };
            return show(request, state, Some(PasswordProblem::Login(problem))).await;
        }
        Err(failure) => return Err(failure),
    };
    let (provider, verified) = (state.provider.clone(), attempt.clone());
    let verify = move || change_password::verify(&provider, &verified, &typed);
    let Ok(hash) = state.hashes.run_in(place, verify).await else {
        state.ask(request, move |p| login::give_back(p, &attempt.reservation)).await?;
        return show(request, state, Some(PasswordProblem::Login(LoginProblem::Busy))).await;
    };
    finish(request, state, &visitor, (attempt, hash?)).await
}

async fn finish(
    request: &HttpRequest,
    state: &State,
    visitor: &Visitor,
    (attempt, hash): (Attempt, Option<Secret>),
) -> Result<HttpResponse, Failure> {
    let browser = visitor.browser.clone();
    let finish = move |p: &_| change_password::finish(p, &browser, &attempt, hash.as_ref());
    match state.ask(request, finish).await {
        Ok(Some(cookie)) => Ok(begin_session(state, back(state), &cookie)?),
        Ok(None) => Ok(back(state)),
        Err(Failure::Protocol(Error::RefusedAndRecorded(refusal)))
            if refusal.code == ErrorCode::AccessDenied =>
        {
            show(request, state, Some(PasswordProblem::Wrong)).await
        }
        Err(failure) => Err(failure),
    }
}

fn typed(form: &mut Parameters) -> Option<Typed> {
    let mut secret = |name| form.take(name).map(Secret::new);
    Some(Typed { current: secret("current")?, new: secret("new")?, repeated: secret("repeated")? })
}
