//! `/setup/{token}`: the first administrator.
//!
//! The token is in the path, which is never logged, and the pages send no referrer with one.

use actix_web::{HttpRequest, HttpResponse, web};
use keywright_core::account::change_password::check_new;
use keywright_core::account::password;
use keywright_core::account::setup::{self, Person};
use keywright_core::account::visit::Place;
use keywright_core::error::{Error, ErrorCode};
use keywright_core::secret::Secret;
use keywright_core::session::{FormScope, form_token};

use super::rendering::{page, see_other};
use super::{login, step};
use crate::error::Failure;
use crate::extract::browser::{Visitor, begin_session};
use crate::extract::own_form::own_form;
use crate::extract::parameters::Parameters;
use crate::pages::{Setup, SetupProblem, csp};
use crate::state::State;

/// What was typed besides the passwords.
#[derive(Debug, Clone, Default)]
struct Typed {
    login: String,
    name: String,
    email: String,
}

/// The form, while the link is good.
pub(crate) async fn get(request: HttpRequest, state: web::Data<State>) -> HttpResponse {
    show(&request, &state).await.unwrap_or_else(|failure| failure.page(&request, &state))
}

async fn show(request: &HttpRequest, state: &State) -> Result<HttpResponse, Failure> {
    let visitor = Visitor::of(request, state)?;
    check(request, state).await?;
    render(request, state, &visitor, (&Typed::default(), None))
}

async fn check(request: &HttpRequest, state: &State) -> Result<(), Failure> {
    let token = token(request);
    let checked = state.ask(request, move |provider| setup::check(provider, &token)).await;
    checked.map_err(over)
}

fn render(
    request: &HttpRequest,
    state: &State,
    visitor: &Visitor,
    (typed, problem): (&Typed, Option<SetupProblem>),
) -> Result<HttpResponse, Failure> {
    let csrf = form_token(&state.provider, &visitor.browser, FormScope::Browser)?;
    let shown = Setup {
        layout: state.layout(),
        action: request.path(),
        csrf: &csrf,
        login: &typed.login,
        name: &typed.name,
        email: &typed.email,
        problem,
    };
    Ok(visitor.remember(state, page(&shown, &csp(None))?)?)
}

/// Makes the administrator, or shows the form again.
pub(crate) async fn post(
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> HttpResponse {
    make(&request, payload, &state).await.unwrap_or_else(|failure| failure.page(&request, &state))
}

async fn make(
    request: &HttpRequest,
    payload: web::Payload,
    state: &State,
) -> Result<HttpResponse, Failure> {
    let visitor = Visitor::of(request, state)?;
    let mut form = own_form(state, request, &visitor, payload, FormScope::Browser).await?;
    // Before anything is hashed for somebody who has no link.
    check(request, state).await?;
    let mut text = |name| form.take(name).unwrap_or_default();
    let typed = Typed { login: text("login"), name: text("name"), email: text("email") };
    let again = |problem| render(request, state, &visitor, (&typed, Some(problem)));
    let Some(password) = new_password(&mut form).filter(|_| !typed.login.is_empty()) else {
        return again(SetupProblem::Incomplete);
    };
    let password = match password {
        Ok(password) => password,
        Err(why) => return again(SetupProblem::Password(why)),
    };
    let person = match Person::new(&typed.login, &typed.name, &typed.email) {
        Ok(person) => person,
        Err(why) => return again(SetupProblem::Person(why)),
    };
    let hash = hash(state, password).await?;
    let (token, browser) = (token(request), visitor.browser.clone());
    let user_agent = login::user_agent(request);
    let finish = move |provider: &_| {
        setup::finish(provider, &token, (&person, &hash), (&browser, &user_agent))
    };
    match state.ask(request, finish).await {
        Ok(session) => {
            let there = see_other(&step::place(state, Place::Account));
            Ok(begin_session(state, there, &session)?)
        }
        Err(Failure::Protocol(Error::Refused(refusal)))
            if refusal.code == ErrorCode::InvalidRequest =>
        {
            again(SetupProblem::Taken)
        }
        Err(failure) => Err(over(failure)),
    }
}

/// The new password, if it was typed twice and will do; `None` when a field is empty.
fn new_password(form: &mut Parameters) -> Option<Result<Secret, &'static str>> {
    let mut secret = |name| form.take(name).map(Secret::new);
    let (new, repeated) = (secret("new")?, secret("repeated")?);
    Some(check_new(&new, &repeated).map(|()| new))
}

async fn hash(state: &State, new: Secret) -> Result<Secret, Failure> {
    let provider = state.provider.clone();
    let work = move || {
        let cost = provider.settings.password_cost;
        password::hash(provider.random.as_ref(), &new, cost).map(Secret::new)
    };
    Ok(state.hashes.run(work).await.map_err(|_busy| Failure::Overloaded)??)
}

fn token(request: &HttpRequest) -> Secret {
    Secret::new(request.match_info().get("token").unwrap_or_default())
}

/// A link that is not good is a page of its own.
fn over(failure: Failure) -> Failure {
    match failure {
        Failure::Protocol(error) if error.code() == Some(ErrorCode::AccessDenied) => {
            Failure::SetupOver
        }
        other => other,
    }
}
