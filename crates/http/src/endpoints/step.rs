//! From the dispatcher's next step to a page or an answer.

use actix_web::HttpResponse;
use keywright_core::account::visit::Place;
use keywright_core::authorize::{ClientView, ScopeView, Step};
use keywright_core::id::InteractionId;
use keywright_core::session::{self, FormScope};

use super::{answer, rendering};
use crate::error::{Failure, for_problem};
use crate::extract::browser::Visitor;
use crate::pages::{AccountSelect, Consent, Login, LoginProblem, ScopeGroup, csp};
use crate::state::State;

/// Shows the step to the browser, and gives it its cookie if it has none.
///
/// # Errors
/// When a page cannot be rendered.
pub(crate) fn show(state: &State, visitor: &Visitor, step: Step) -> Result<HttpResponse, Failure> {
    let scope =
        if matches!(step, Step::Login { .. }) { FormScope::Browser } else { FormScope::Session };
    let csrf = session::form_token(&state.provider, &visitor.browser, scope)?;
    let frame = Frame { state, csrf };
    let response = match step {
        Step::Login { interaction, client, login, ui_locales: _ } => {
            frame.login(&interaction, client.as_ref(), &login.unwrap_or_default(), None)?
        }
        Step::SelectAccount { interaction, client, login, ui_locales: _ } => {
            frame.accounts(&interaction, &client, &login)?
        }
        Step::Consent { interaction, client, login, scopes, ui_locales: _ } => {
            frame.consent(&interaction, &client, &login, &scopes)?
        }
        Step::Answer(answer) => answer::send(state, &answer)?,
        Step::Return(to) => rendering::see_other(&place(state, to)),
    };
    Ok(visitor.remember(state, response)?)
}

/// The interaction of a step that is a page.
pub(crate) fn interaction(step: &Step) -> Option<&InteractionId> {
    match step {
        Step::Login { interaction, .. }
        | Step::SelectAccount { interaction, .. }
        | Step::Consent { interaction, .. } => Some(interaction),
        Step::Answer(_) | Step::Return(_) => None,
    }
}

/// Shows the login page again, with what was typed and what is wrong; if the interaction wants
/// something else by now, goes to it.
///
/// # Errors
/// When the page cannot be rendered.
pub(crate) fn login_again(
    state: &State,
    visitor: &Visitor,
    step: Step,
    typed: &str,
    problem: LoginProblem,
) -> Result<HttpResponse, Failure> {
    let Step::Login { interaction, client, .. } = step else {
        return show(state, visitor, step);
    };
    let csrf = session::form_token(&state.provider, &visitor.browser, FormScope::Browser)?;
    let frame = Frame { state, csrf };
    let page = frame.login(&interaction, client.as_ref(), typed, Some(problem))?;
    Ok(for_problem(page, problem))
}

/// Where an interaction goes on.
pub(crate) fn path(state: &State, interaction: &InteractionId) -> String {
    format!("{}/authorize/{interaction}", state.base)
}

/// Where one of our own pages is.
pub(crate) fn place(state: &State, place: Place) -> String {
    let path = match place {
        Place::Landing => "/",
        Place::Account => "/account",
        Place::Password => "/account/password",
    };
    format!("{}{path}", state.base)
}

/// What the pages of one browser share.
struct Frame<'a> {
    state: &'a State,
    csrf: String,
}

impl Frame<'_> {
    fn login(
        &self,
        interaction: &InteractionId,
        client: Option<&ClientView>,
        login: &str,
        problem: Option<LoginProblem>,
    ) -> Result<HttpResponse, Failure> {
        let page = Login {
            layout: self.state.layout(),
            action: &format!("{}/login", path(self.state, interaction)),
            csrf: &self.csrf,
            client,
            login,
            problem,
        };
        rendering::page(&page, &csp(client.map(|client| client.redirect_uri.as_str())))
    }

    fn accounts(
        &self,
        interaction: &InteractionId,
        client: &ClientView,
        login: &str,
    ) -> Result<HttpResponse, Failure> {
        let page = AccountSelect {
            layout: self.state.layout(),
            action: &format!("{}/account", path(self.state, interaction)),
            csrf: &self.csrf,
            client,
            login,
        };
        rendering::page(&page, &csp(Some(&client.redirect_uri)))
    }

    fn consent(
        &self,
        interaction: &InteractionId,
        client: &ClientView,
        login: &str,
        scopes: &[ScopeView],
    ) -> Result<HttpResponse, Failure> {
        let page = Consent {
            layout: self.state.layout(),
            action: &format!("{}/consent", path(self.state, interaction)),
            csrf: &self.csrf,
            client,
            login,
            groups: ScopeGroup::by_resource(scopes),
        };
        rendering::page(&page, &csp(Some(&client.redirect_uri)))
    }
}
