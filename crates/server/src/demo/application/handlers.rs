//! One function per URL: read how far the browser has come, do the step, show it.

use std::collections::VecDeque;

use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpRequest, HttpResponse, web};
use url::form_urlencoded;

use super::Application;
use super::call::{Call, Called};
use super::flow::{Server, Session, Trouble, find};
use super::pages::{self, Page as _};
use super::visits::Answer;
use crate::demo::wire::Wire;

/// How much of what was done is remembered.
const REMEMBERED: usize = 8;

type App = web::Data<Application>;

/// Where everything begins.
pub(super) async fn start(app: App) -> HttpResponse {
    pages::Start::new(&app.party, &app.configuration).page()
}

/// The layout of these pages.
pub(super) async fn style() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/css; charset=utf-8"))
        .body(include_str!("../demo.css"))
}

/// Step 1: prepares a request.
pub(super) async fn begin(request: HttpRequest, app: App) -> HttpResponse {
    prepare(&request, &app, None, false).await
}

/// The same for one page of Keywright's, without a stop on the way.
pub(super) async fn go(request: HttpRequest, app: App, prompt: web::Path<String>) -> HttpResponse {
    let known = ["login", "consent", "select_account", "none"];
    match known.into_iter().find(|known| known == &prompt.as_str()) {
        Some(prompt) => prepare(&request, &app, Some(prompt), true).await,
        None => pages::trouble(&app.party, "there is no such page", &[]),
    }
}

async fn prepare(
    request: &HttpRequest,
    app: &App,
    prompt: Option<&str>,
    at_once: bool,
) -> HttpResponse {
    let wire = Wire::new(app.client.clone());
    let attempt = match Server::discover(&app.party, &wire).await {
        Ok(server) => server.ask(prompt),
        Err(trouble) => return pages::trouble(&app.party, &trouble, &wire.take()),
    };
    let location = if at_once { attempt.url.to_string() } else { "/request".to_owned() };
    app.visits.proceed(request, &location, |visit| {
        visit.attempt = Some(attempt);
        visit.answer = None;
    })
}

/// Shows the prepared request.
pub(super) async fn request(request: HttpRequest, app: App) -> HttpResponse {
    match app.visits.of(&request).attempt {
        Some(attempt) => pages::Request::to_log_in(&app.party, &attempt.url).page(),
        None => to_start(),
    }
}

/// Step 2: the browser comes back with the answer, which is kept out of the address bar.
pub(super) async fn callback(request: HttpRequest, app: App) -> HttpResponse {
    let Some(attempt) = app.visits.of(&request).attempt else {
        let why = "an answer came to a browser that had asked nothing";
        return pages::trouble(&app.party, why, &[]);
    };
    let query = form_urlencoded::parse(request.query_string().as_bytes());
    let answer: Answer = query.into_owned().collect();
    if let Err(trouble) = attempt.check(&app.party, &answer) {
        return pages::trouble(&app.party, &trouble, &[]);
    }
    app.visits.proceed(&request, "/answer", |visit| visit.answer = Some(answer))
}

/// Shows it.
pub(super) async fn answer(request: HttpRequest, app: App) -> HttpResponse {
    let visit = app.visits.of(&request);
    let (Some(attempt), Some(answer)) = (visit.attempt, visit.answer) else {
        return to_start();
    };
    pages::Answered::new(&app.party, &attempt, &answer).page()
}

/// Step 3: exchanges the code. What was prepared is spent, whatever comes of it.
pub(super) async fn exchange(request: HttpRequest, app: App) -> HttpResponse {
    let visit = app.visits.of(&request);
    let code = visit.answer.as_ref().and_then(|answer| find(answer, "code"));
    let (Some(attempt), Some(code)) = (&visit.attempt, code) else {
        return to_start();
    };
    let wire = Wire::new(app.client.clone());
    let session: Result<Session, Trouble> = async {
        let server = Server::discover(&app.party, &wire).await?;
        wire.take();
        server.exchange(attempt, code, &wire).await
    }
    .await;
    let exchanges = wire.take();
    let session = match session {
        Ok(session) => session,
        Err(trouble) => return pages::trouble(&app.party, &trouble, &exchanges),
    };
    app.visits.proceed(&request, "/tokens", |visit| {
        visit.attempt = None;
        visit.answer = None;
        visit.session = Some(session);
        visit.called = VecDeque::from([Called::exchange(exchanges)]);
    })
}

/// Shows the tokens and what was done with them.
pub(super) async fn tokens(request: HttpRequest, app: App) -> HttpResponse {
    let visit = app.visits.of(&request);
    match visit.session {
        Some(session) => pages::Tokens::new(&app.party, &session, &visit.called).page(),
        None => to_start(),
    }
}

/// Does something with them.
pub(super) async fn call(request: HttpRequest, app: App, what: web::Path<String>) -> HttpResponse {
    let session = app.visits.of(&request).session;
    let (Some(session), Some(call)) = (session, Call::find(&what)) else {
        return to_start();
    };
    let (called, fresh) = call.run(&app, &session).await;
    app.visits.proceed(&request, "/tokens#done", |visit| {
        if fresh.is_some() {
            visit.session = fresh;
        }
        visit.called.push_front(called);
        visit.called.truncate(REMEMBERED);
    })
}

/// The last step: shows the logout request.
pub(super) async fn leave(request: HttpRequest, app: App) -> HttpResponse {
    let Some(session) = app.visits.of(&request).session else {
        return to_start();
    };
    let wire = Wire::new(app.client.clone());
    match Server::discover(&app.party, &wire).await {
        Ok(server) => {
            let mut url = server.endpoints.end_session;
            url.query_pairs_mut()
                .append_pair("id_token_hint", &session.id.compact)
                .append_pair("post_logout_redirect_uri", &format!("{}/goodbye", app.party.home));
            pages::Request::to_log_out(&app.party, &url).page()
        }
        Err(trouble) => pages::trouble(&app.party, &trouble, &wire.take()),
    }
}

/// The browser comes back logged out. The tokens stay to be tried: they are dead now.
pub(super) async fn goodbye(request: HttpRequest, app: App) -> HttpResponse {
    let tokens_left = app.visits.of(&request).session.is_some();
    pages::Goodbye::new(&app.party, tokens_left).page()
}

fn to_start() -> HttpResponse {
    HttpResponse::SeeOther().insert_header(("Location", "/")).finish()
}
