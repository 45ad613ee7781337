//! What is seen: a struct per page, rendered by askama from `templates/demo`.

use std::collections::VecDeque;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use keywright_core::time::Timestamp;
use serde_json::Value;
use url::Url;

use super::Party;
use super::call::{Call, Called};
use super::flow::{Attempt, Session, find};
use crate::cli::readable_instant;
use crate::demo::explain;
use crate::demo::stage::USERS;
use crate::demo::token::{Check, Verified};
use crate::demo::wire::Exchange;

/// The steps, as they are listed on every page.
const STEPS: [&str; 4] = ["Ask", "Answer", "Tokens", "Leave"];

/// What every page shares.
struct Frame<'a> {
    party: &'a Party,
    /// Index of the step that the page belongs to; beyond the last: none.
    step: usize,
}

impl Frame<'_> {
    fn steps(&self) -> impl Iterator<Item = (&'static str, bool)> {
        let current = self.step;
        STEPS.into_iter().enumerate().map(move |(index, step)| (step, index == current))
    }
}

/// A page that is sent as HTML.
pub(super) trait Page: Template {
    /// The page, 200.
    fn page(&self) -> HttpResponse {
        self.page_with(StatusCode::OK)
    }

    /// The page with another status.
    fn page_with(&self, status: StatusCode) -> HttpResponse {
        match self.render() {
            Ok(html) => {
                HttpResponse::build(status).content_type("text/html; charset=utf-8").body(html)
            }
            Err(error) => HttpResponse::InternalServerError().body(error.to_string()),
        }
    }
}

impl<T: Template> Page for T {}

/// A name, its value and what it means.
struct Row {
    name: String,
    value: String,
    meaning: &'static str,
}

fn parameters<'p>(pairs: impl Iterator<Item = (&'p str, &'p str)>) -> Vec<Row> {
    let row = |(name, value): (&str, &str)| Row {
        name: name.to_owned(),
        value: value.to_owned(),
        meaning: explain::parameter(name),
    };
    pairs.map(row).collect()
}

/// The first page.
#[derive(Template)]
#[template(path = "demo/start.html")]
pub(super) struct Start<'a> {
    frame: Frame<'a>,
    users: [(&'static str, &'static str); 2],
    configuration: &'a str,
}

impl<'a> Start<'a> {
    pub(super) fn new(party: &'a Party, configuration: &'a str) -> Self {
        Self { frame: Frame { party, step: STEPS.len() }, users: USERS, configuration }
    }
}

/// A request that the browser will carry.
#[derive(Template)]
#[template(path = "demo/request.html")]
pub(super) struct Request<'a> {
    frame: Frame<'a>,
    url: &'a Url,
    endpoint: String,
    rows: Vec<Row>,
    leaving: bool,
}

impl<'a> Request<'a> {
    pub(super) fn to_log_in(party: &'a Party, url: &'a Url) -> Self {
        Self::new(party, url, false)
    }

    pub(super) fn to_log_out(party: &'a Party, url: &'a Url) -> Self {
        Self::new(party, url, true)
    }

    fn new(party: &'a Party, url: &'a Url, leaving: bool) -> Self {
        let pairs: Vec<_> = url.query_pairs().collect();
        let mut endpoint = url.clone();
        endpoint.set_query(None);
        Self {
            frame: Frame { party, step: if leaving { 3 } else { 0 } },
            url,
            endpoint: endpoint.into(),
            rows: parameters(pairs.iter().map(|(name, value)| (name.as_ref(), value.as_ref()))),
            leaving,
        }
    }
}

/// The answer to an authorization request.
#[derive(Template)]
#[template(path = "demo/answer.html")]
pub(super) struct Answered<'a> {
    frame: Frame<'a>,
    rows: Vec<Row>,
    /// The token request to come, if there is a code.
    token_request: Option<String>,
    /// What the error means, if there is one.
    error: Option<&'static str>,
}

impl<'a> Answered<'a> {
    pub(super) fn new(party: &'a Party, attempt: &Attempt, answer: &[(String, String)]) -> Self {
        let code = find(answer, "code");
        Self {
            frame: Frame { party, step: 1 },
            rows: parameters(answer.iter().map(|(name, value)| (name.as_str(), value.as_str()))),
            token_request: code.map(|code| attempt.token_request(party, code)),
            error: find(answer, "error").map(|code| explain::error(code)),
        }
    }
}

/// A verified token.
struct Shown<'a> {
    compact: &'a str,
    header: &'a str,
    rows: Vec<Row>,
    checks: &'a [Check],
}

impl<'a> Shown<'a> {
    fn new(token: &'a Verified) -> Self {
        let row = |(name, value): (&String, &Value)| Row {
            name: name.clone(),
            value: claim(name, value),
            meaning: explain::claim(name),
        };
        Self {
            compact: &token.compact,
            header: &token.header,
            rows: token.claims.iter().map(row).collect(),
            checks: &token.checks,
        }
    }
}

fn claim(name: &str, value: &Value) -> String {
    match (value.as_str(), value.as_i64()) {
        (Some(text), _) => text.to_owned(),
        (None, Some(at)) if explain::is_instant(name) => {
            format!("{at} ({})", readable_instant(Timestamp(at)))
        }
        _ => value.to_string(),
    }
}

/// The tokens, what can be done with them and what was done.
#[derive(Template)]
#[template(path = "demo/tokens.html")]
pub(super) struct Tokens<'a> {
    frame: Frame<'a>,
    id: Shown<'a>,
    access: Shown<'a>,
    refresh: &'a str,
    calls: [Call; 6],
    called: &'a VecDeque<Called>,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(
        party: &'a Party,
        session: &'a Session,
        called: &'a VecDeque<Called>,
    ) -> Self {
        Self {
            frame: Frame { party, step: 2 },
            id: Shown::new(&session.id),
            access: Shown::new(&session.access),
            refresh: &session.refresh,
            calls: Call::ALL,
            called,
        }
    }

    /// Whom the tokens are about.
    fn who(&self) -> &str {
        let named = |name: &str| self.id.rows.iter().find(|row| row.name == name);
        let row = named("name").or_else(|| named("sub"));
        row.map_or("somebody", |row| row.value.as_str())
    }
}

/// After the logout.
#[derive(Template)]
#[template(path = "demo/goodbye.html")]
pub(super) struct Goodbye<'a> {
    frame: Frame<'a>,
    tokens_left: bool,
}

impl<'a> Goodbye<'a> {
    pub(super) fn new(party: &'a Party, tokens_left: bool) -> Self {
        Self { frame: Frame { party, step: 3 }, tokens_left }
    }
}

#[derive(Template)]
#[template(path = "demo/trouble.html")]
struct InTrouble<'a> {
    frame: Frame<'a>,
    why: &'a str,
    exchanges: &'a [Exchange],
}

/// A step that failed, 400: why, and what went over the wire.
pub(super) fn trouble(party: &Party, why: &str, exchanges: &[Exchange]) -> HttpResponse {
    let frame = Frame { party, step: STEPS.len() };
    InTrouble { frame, why, exchanges }.page_with(StatusCode::BAD_REQUEST)
}
