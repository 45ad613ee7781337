//! The two pages.

use actix_web::HttpResponse;
use actix_web::http::header::ContentType;
use askama::Template;

use super::notes::Note;
use super::sessions::Login;

#[derive(Template)]
#[template(path = "welcome.html")]
struct Welcome {
    message: Option<String>,
}

#[derive(Template)]
#[template(path = "home.html")]
struct Home<'a> {
    login: &'a Login,
    notes: &'a [Note],
    message: Option<String>,
}

/// For somebody who is not logged in.
pub(crate) fn welcome(message: Option<String>) -> HttpResponse {
    render(&Welcome { message })
}

/// Who the user is, their notes, and what can be done with their tokens.
pub(crate) fn home(login: &Login, notes: &[Note], message: Option<String>) -> HttpResponse {
    render(&Home { login, notes, message })
}

fn render(page: &impl Template) -> HttpResponse {
    match page.render() {
        Ok(html) => HttpResponse::Ok().content_type(ContentType::html()).body(html),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}
