//! How far each browser has come, kept in memory under a cookie of ours.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use actix_web::cookie::{Cookie, SameSite};
use actix_web::{HttpRequest, HttpResponse};
use keywright_core::random::OsRandom;
use keywright_core::secret::Secret;

use super::call::Called;
use super::flow::{Attempt, Session};

/// Cookies know no ports, so that ours reaches Keywright and its own reach us: the name differs.
const COOKIE: &str = "keywright_demo";

/// How many browsers are remembered; the one that came first is forgotten first.
const BROWSERS: usize = 64;

/// What came back from Keywright: the parameters, in order.
pub(super) type Answer = Vec<(String, String)>;

/// One browser.
#[derive(Debug, Clone, Default)]
pub(super) struct Visit {
    /// The request that was prepared.
    pub(super) attempt: Option<Attempt>,
    /// The answer to it.
    pub(super) answer: Option<Answer>,
    /// The tokens it led to.
    pub(super) session: Option<Session>,
    /// What was done since, newest first.
    pub(super) called: VecDeque<Called>,
}

/// Every browser.
#[derive(Default)]
pub(super) struct Visits(Mutex<VecDeque<(String, Visit)>>);

impl Visits {
    /// How far the browser has come.
    pub(super) fn of(&self, request: &HttpRequest) -> Visit {
        let Some(cookie) = request.cookie(COOKIE) else {
            return Visit::default();
        };
        let all = self.all();
        let own = all.iter().find(|(name, _)| name == cookie.value());
        own.map(|(_, visit)| visit.clone()).unwrap_or_default()
    }

    /// Changes that, and sends the browser on to `location` (303).
    pub(super) fn proceed(
        &self,
        request: &HttpRequest,
        location: &str,
        change: impl FnOnce(&mut Visit),
    ) -> HttpResponse {
        let mut response = HttpResponse::SeeOther();
        response.insert_header(("Location", location));
        let mut all = self.all();
        let name = request.cookie(COOKIE).map(|cookie| cookie.value().to_owned());
        if let Some((_, visit)) = all.iter_mut().find(|(known, _)| Some(known) == name.as_ref()) {
            change(visit);
            return response.finish();
        }
        let Ok(name) = Secret::generate(&OsRandom) else {
            return HttpResponse::ServiceUnavailable().finish();
        };
        let mut visit = Visit::default();
        change(&mut visit);
        all.push_back((name.expose().to_owned(), visit));
        if all.len() > BROWSERS {
            all.pop_front();
        }
        let cookie = Cookie::build(COOKIE, name.expose().to_owned()).path("/").http_only(true);
        response.cookie(cookie.same_site(SameSite::Lax).finish()).finish()
    }

    fn all(&self) -> MutexGuard<'_, VecDeque<(String, Visit)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
