//! The dispatcher of `/authorize`.

use std::sync::Arc;

use super::parameters::Parameters;
use super::prompt::{self, Next, Present, Progress};
use super::request::{self, Request};
use super::target::{self, Target};
use super::{ACR_SINGLE_FACTOR, ClientView, Decision, Step, code, consent};
use crate::account::visit;
use crate::audit::{Event, Kind};
use crate::client::redirect_uri;
use crate::error::{Error, ErrorCode, Refusal};
use crate::id::InteractionId;
use crate::interaction::{self, Document};
use crate::provider::{Provider, Snapshot};
use crate::session::{self, Browser};
use crate::store::{ClientRow, SessionRow, StoreExt as _, Tx, UserRow};
use crate::time::Timestamp;

type Login = Option<(SessionRow, UserRow)>;

/// Begins with the decoded parameters of GET `/authorize`, in order, duplicates included.
/// Stores an interaction if the next step is a page.
///
/// # Errors
/// A refusal is a page: the redirect URI is not to be trusted. Refusals after that are answers.
pub fn begin(
    provider: &Provider,
    parameters: &[(String, String)],
    browser: &Browser,
) -> Result<Step, Error> {
    start(provider, parameters, browser, None)
}

/// Begins; with `parked`, in place of that interaction.
fn start(
    provider: &Provider,
    parameters: &[(String, String)],
    browser: &Browser,
    parked: Option<&InteractionId>,
) -> Result<Step, Error> {
    interaction::check_length(parameters)?;
    let now = provider.now();
    let snapshot = provider.snapshot()?;
    let parameters = Parameters(parameters);
    let target = target::find(provider, &parameters)?;
    let request = match request::validate((provider, &snapshot), &target, &parameters) {
        Ok(request) => request,
        Err(Error::Refused(refusal)) => {
            return Ok(refuse_early(provider, (&target, &parameters), refusal));
        }
        Err(error) => return Err(error),
    };
    provider.store.write(|tx| {
        interaction::take(tx, parked)?;
        let login = session::held(provider, tx, browser, now)?;
        let cookie_at_start = login.as_ref().map(|(session, _)| prompt::name(&session.cookie));
        let progress = Progress::new(now, cookie_at_start);
        let flow = Flow { provider, snapshot: &snapshot, client: target.client, request, progress };
        let next = flow.next(tx, &login, now)?;
        if matches!(next, Next::Issue | Next::Refuse(_)) {
            return flow.answer(tx, next, &login, now);
        }
        let document = Document::Authorize(Box::new(flow.request.clone()), flow.progress.clone());
        let id = interaction::insert(provider, tx, browser.device.digest(), &document, now)?;
        Ok(flow.page(next, id, login))
    })
}

/// Stores the parameters of POST `/authorize`, to go on at GET `/authorize/{id}`.
///
/// # Errors
/// `invalid_request` or `invalid_client` on a page: what has no trusted target is not stored.
pub fn park(provider: &Provider, parameters: &[(String, String)]) -> Result<InteractionId, Error> {
    target::find(provider, &Parameters(parameters))?;
    interaction::park(provider, parameters)
}

/// The next step of a stored interaction: a page's data, or the answer.
///
/// # Errors
/// `invalid_request` on a page when the interaction is over or another browser's.
pub fn resume(provider: &Provider, id: &InteractionId, browser: &Browser) -> Result<Step, Error> {
    if let Some(parameters) = interaction::parked(provider, id, browser)? {
        return start(provider, &parameters, browser, Some(id));
    }
    if let Some(step) = visit::resume(provider, id, browser)? {
        return Ok(step);
    }
    let now = provider.now();
    let snapshot = provider.snapshot()?;
    let (flow, next, login) = provider.store.read(|tx| {
        let flow = Flow::find((provider, &snapshot), tx, id, browser, now)?.0;
        let login = session::current(provider, tx, browser, now)?;
        let next = flow.next(tx, &login, now)?;
        Ok((flow, next, login))
    })?;
    if !matches!(next, Next::Issue | Next::Refuse(_)) {
        return Ok(flow.page(next, id.clone(), login));
    }
    provider.store.write(|tx| {
        if !tx.claim_interaction(id)? {
            let text = "This request was already answered. Go back to the application";
            return Err(Error::refused(ErrorCode::InvalidRequest, text));
        }
        // Decided once more: a session that ended or a consent that was revoked in between cannot
        // be answered with a code.
        let login = session::held(provider, tx, browser, now)?;
        let next = flow.next(tx, &login, now)?;
        flow.answer(tx, next, &login, now)
    })
}

/// Records what the user did on a page; what comes next is [`resume`]'s business.
///
/// # Errors
/// `invalid_request` on a page when the interaction is over or another browser's.
pub fn decide(
    provider: &Provider,
    id: &InteractionId,
    browser: &Browser,
    decision: Decision,
) -> Result<(), Error> {
    if visit::decide(provider, id, browser, decision)? {
        return Ok(());
    }
    let now = provider.now();
    let snapshot = provider.snapshot()?;
    provider.store.write(|tx| {
        let (mut flow, row) = Flow::find((provider, &snapshot), tx, id, browser, now)?;
        let login = session::current(provider, tx, browser, now)?;
        match (decision, flow.next(tx, &login, now)?, &login) {
            (Decision::Deny, _, _) => flow.progress.denied = true,
            (Decision::ChooseAccount, Next::SelectAccount, Some((_, user))) => {
                flow.progress.account_chosen = Some(user.subject.clone());
            }
            (Decision::OtherAccount, Next::SelectAccount | Next::Consent(_), _) => {
                // A login during this request does not count: that is the account to leave.
                let cookie = login.as_ref().map(|(session, _)| prompt::name(&session.cookie));
                flow.progress.cookie_at_start = cookie;
                flow.progress.started_at = now;
                flow.progress.account_changed = true;
            }
            (Decision::Consent, Next::Consent(_), Some((_, user))) => {
                let asked = (&*flow.client, &flow.request);
                consent::remember(tx, &snapshot, asked, &user.id, now)?;
                let event = Event::new(Kind::ConsentGranted).user(&user.id).client(&flow.client.id);
                let event = event.detail("scope", flow.request.scopes.to_string());
                let claims = Vec::from_iter(flow.request.claims.about_the_user()).join(" ");
                let event = if claims.is_empty() { event } else { event.detail("claims", claims) };
                event.record(provider, tx, now)?;
                flow.progress.consented = Some(user.subject.clone());
            }
            _ => return Ok(()),
        }
        let document = Document::Authorize(Box::new(flow.request), flow.progress);
        let document = interaction::encode(&document)?;
        if tx.claim_interaction_step(id, &row, &document)? {
            return Ok(());
        }
        let text = "This page was answered in another tab";
        Err(Error::refused(ErrorCode::InvalidRequest, text))
    })
}

/// A validated request on its way.
struct Flow<'a> {
    provider: &'a Provider,
    snapshot: &'a Snapshot,
    client: Arc<ClientRow>,
    request: Request,
    progress: Progress,
}

impl<'a> Flow<'a> {
    /// The flow of a stored interaction, and its document as stored.
    fn find(
        (provider, snapshot): (&'a Provider, &'a Snapshot),
        tx: &mut dyn Tx,
        id: &InteractionId,
        browser: &Browser,
        now: Timestamp,
    ) -> Result<(Self, String), Error> {
        let (row, document) = interaction::find(tx, id, browser, now)?;
        let Document::Authorize(request, progress) = document else {
            let text = "This page is not part of a login";
            return Err(Error::refused(ErrorCode::InvalidRequest, text));
        };
        let client = tx.find_client(&request.client_id)?.filter(|c| c.disabled_at.is_none());
        let client = client.ok_or_else(|| {
            let text = "The application is not registered here, or it is disabled";
            Error::refused(ErrorCode::InvalidClient, text)
        })?;
        let client = Arc::new(client);
        Ok((Self { provider, snapshot, client, request: *request, progress }, row.document))
    }

    fn next(&self, tx: &mut dyn Tx, login: &Login, now: Timestamp) -> Result<Next, Error> {
        let mut settled = prompt::Consent { settled: false };
        if let Some((_, user)) = login {
            let asked = (&*self.client, &self.request);
            settled = consent::state(tx, self.snapshot, asked, &user.id)?;
        }
        let present = login.as_ref().map(|(session, user)| Present {
            cookie: session.cookie,
            subject: user.subject.clone(),
            authenticated_at: session::authenticated_at(session),
            acr: ACR_SINGLE_FACTOR,
        });
        let next = prompt::next(&self.request, &self.progress, present.as_ref(), settled, now);
        tracing::debug!(client_id = %self.client.id, ?next, "authorize");
        Ok(next)
    }

    /// Answers with a code, or with what is refused.
    fn answer(
        &self,
        tx: &mut dyn Tx,
        next: Next,
        login: &Login,
        now: Timestamp,
    ) -> Result<Step, Error> {
        let refusal = match (next, login) {
            (Next::Issue, Some((session, user))) => {
                let asked = (&*self.client, &self.request);
                let context = (self.provider, self.snapshot);
                return code::issue(context, tx, asked, (session, user), now).map(Step::Answer);
            }
            (Next::Refuse(refusal), _) => refusal,
            _ => Refusal::new(ErrorCode::LoginRequired, "The session has ended"),
        };
        let request = &self.request;
        let place = (request.redirect_uri.as_str(), request.mode, request.state.as_deref());
        let refusal = refusal.for_client(&self.client.id);
        Ok(Step::Answer(target::refuse(self.provider, place, refusal)))
    }

    fn page(self, next: Next, interaction: InteractionId, login: Login) -> Step {
        let name = login.map(|(_, user)| user.login);
        let client = view(&self.client, &self.request.redirect_uri);
        let ui_locales = self.request.ui_locales.clone();
        match (next, name) {
            (Next::Consent(_), Some(login)) => {
                let scopes = consent::scopes(self.snapshot, &self.client, &self.request);
                Step::Consent { interaction, client, login, scopes, ui_locales }
            }
            (Next::SelectAccount, Some(login)) => {
                Step::SelectAccount { interaction, client, login, ui_locales }
            }
            (_, name) => {
                let login = self.request.login_hint.or(name);
                let login = login.filter(|_| !self.progress.account_changed);
                Step::Login { interaction, client: Some(client), login, ui_locales }
            }
        }
    }
}

fn refuse_early(
    provider: &Provider,
    (target, parameters): (&Target, &Parameters<'_>),
    refusal: Refusal,
) -> Step {
    let (mode, state) = target::for_refusal(target, parameters);
    let place = (target.redirect_uri.as_str(), mode, state.as_deref());
    Step::Answer(target::refuse(provider, place, refusal.for_client(&target.client.id)))
}

fn view(client: &ClientRow, redirect_uri: &str) -> ClientView {
    let metadata = &client.metadata;
    ClientView {
        name: client.name().to_owned(),
        uri: metadata.client_uri.as_ref().map(ToString::to_string),
        tos_uri: metadata.tos_uri.as_ref().map(ToString::to_string),
        policy_uri: metadata.policy_uri.as_ref().map(ToString::to_string),
        redirect_host: redirect_uri::destination(redirect_uri),
        redirect_uri: redirect_uri.to_owned(),
    }
}
