//! A site that logs its users in with Keywright and calls an API in their name.
//!
//! The browser gets two cookies: one that names a session, kept here with its tokens, and, while
//! a login is under way, one with what the answer must match. Both are `SameSite=Lax`, so a form
//! on another site cannot act for a user. Behind https, make both `secure`.

mod notes;
mod pages;
mod provider;
mod sessions;

use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Form, Query};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, get, post};
use keywright_example::{AnyError, Http, setting};
use serde::Deserialize;

use notes::NotesApi;
use provider::{Answer, Provider};
use sessions::{Login, Sessions};

const SESSION: &str = "rust_session";
const LOGIN: &str = "rust_login";

/// What every handler uses.
struct Site {
    provider: Provider,
    api: NotesApi,
    sessions: Sessions,
}

#[actix_web::main]
async fn main() -> Result<(), AnyError> {
    let port: u16 = setting("PORT").map_or(Ok(3000), |text| text.parse())?;
    let base = format!("http://127.0.0.1:{port}");
    let redirect_uri = setting("REDIRECT_URI").unwrap_or_else(|_| format!("{base}/callback"));
    let http = Http::new()?;
    let site = Data::new(Site {
        provider: Provider::discover(http.clone(), redirect_uri, format!("{base}/")).await?,
        api: NotesApi::new(http, &setting("API_URL")?),
        sessions: Sessions::default(),
    });
    let app = move || {
        App::new().app_data(site.clone()).service((
            home,
            log_in,
            callback,
            add_note,
            delete_notes,
            refresh,
            revoke,
            log_out,
        ))
    };
    Ok(HttpServer::new(app).workers(1).bind(("127.0.0.1", port))?.run().await?)
}

/// A login button; or who the user is, and their notes, read through the API.
#[get("/")]
async fn home(site: Data<Site>, request: HttpRequest) -> HttpResponse {
    let Some(id) = session_id(&request) else { return pages::welcome(None) };
    let message = site.sessions.take_message(&id);
    let Some(login) = site.sessions.find(&id) else { return pages::welcome(message) };
    match site.api.list(login.access_token()).await {
        Ok(notes) => pages::home(&login, &notes, message),
        Err(error) => {
            let trouble = format!("The notes could not be read: {error}");
            pages::home(&login, &[], message.or(Some(trouble)))
        }
    }
}

/// Sends the browser to Keywright.
#[post("/login")]
async fn log_in(site: Data<Site>) -> HttpResponse {
    let (url, expected) = site.provider.begin();
    see_other(&url, Some(cookie(LOGIN, &expected)))
}

/// Takes the answer: checks state, redeems the code, checks the ID token.
#[get("/callback")]
async fn callback(site: Data<Site>, answer: Query<Answer>, request: HttpRequest) -> HttpResponse {
    let expected = request.cookie(LOGIN).map(|cookie| cookie.value().to_owned());
    // A new session in any case, so that nobody can log a user in to one that they know.
    let id = match site.provider.finish(&answer, expected.as_deref()).await {
        Ok(login) => site.sessions.open(Some(login), None),
        Err(error) => site.sessions.open(None, Some(format!("The login did not work: {error}"))),
    };
    let mut response = see_other("/", Some(cookie(SESSION, &id)));
    let mut spent = cookie(LOGIN, "");
    spent.make_removal();
    // Fails only when a response has too many cookies already.
    let _ = response.add_cookie(&spent);
    response
}

#[derive(Deserialize)]
struct NewNote {
    text: String,
}

#[post("/notes")]
async fn add_note(site: Data<Site>, note: Form<NewNote>, request: HttpRequest) -> HttpResponse {
    let Some((id, login)) = signed_in(&site, &request) else { return see_other("/", None) };
    let done = site.api.add(login.access_token(), &note.text).await;
    tell(&site, &id, done, "The note was added.")
}

#[post("/notes/delete")]
async fn delete_notes(site: Data<Site>, request: HttpRequest) -> HttpResponse {
    let Some((id, login)) = signed_in(&site, &request) else { return see_other("/", None) };
    let done = site.api.clear(login.access_token()).await;
    tell(&site, &id, done, "All notes were deleted.")
}

/// Trades the refresh token for new tokens.
#[post("/refresh")]
async fn refresh(site: Data<Site>, request: HttpRequest) -> HttpResponse {
    let Some((id, login)) = signed_in(&site, &request) else { return see_other("/", None) };
    let renewed = site.provider.refresh(login).await;
    let done = renewed.map(|login| site.sessions.replace(&id, login));
    tell(&site, &id, done, "The access token was refreshed.")
}

/// Ends the grant: the refresh token and every access token that came from it.
#[post("/revoke")]
async fn revoke(site: Data<Site>, request: HttpRequest) -> HttpResponse {
    let Some((id, login)) = signed_in(&site, &request) else { return see_other("/", None) };
    tell(&site, &id, site.provider.revoke(&login).await, "The tokens were revoked.")
}

/// Ends the session here, then at Keywright (OIDC RP-Initiated Logout).
#[post("/logout")]
async fn log_out(site: Data<Site>, request: HttpRequest) -> HttpResponse {
    let Some((id, login)) = signed_in(&site, &request) else { return see_other("/", None) };
    site.sessions.close(&id);
    see_other(&site.provider.logout(&login), None)
}

fn session_id(request: &HttpRequest) -> Option<String> {
    Some(request.cookie(SESSION)?.value().to_owned())
}

fn signed_in(site: &Site, request: &HttpRequest) -> Option<(String, Login)> {
    let id = session_id(request)?;
    let login = site.sessions.find(&id)?;
    Some((id, login))
}

/// Goes home, where the next page says how it went.
fn tell(site: &Site, id: &str, outcome: Result<(), AnyError>, done: &str) -> HttpResponse {
    let message = match outcome {
        Ok(()) => done.to_owned(),
        Err(error) => format!("That did not work: {error}"),
    };
    site.sessions.tell(id, message);
    see_other("/", None)
}

fn cookie<'a>(name: &'a str, value: &'a str) -> Cookie<'a> {
    Cookie::build(name, value).path("/").http_only(true).same_site(SameSite::Lax).finish()
}

fn see_other(url: &str, cookie: Option<Cookie<'_>>) -> HttpResponse {
    let mut response = HttpResponse::SeeOther();
    response.insert_header((LOCATION, url));
    if let Some(cookie) = cookie {
        response.cookie(cookie);
    }
    response.finish()
}
