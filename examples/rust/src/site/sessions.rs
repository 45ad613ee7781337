//! Sessions by the value of their cookie. Memory is right for an example, wrong for a site with
//! two processes.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use openidconnect::core::{CoreIdToken, CoreTokenResponse};
use openidconnect::{AccessToken, CsrfToken, OAuth2TokenResponse as _};

/// A user who logged in, and what may be done in their name.
#[derive(Clone)]
pub(crate) struct Login {
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) tokens: CoreTokenResponse,
    pub(crate) id_token: CoreIdToken,
}

impl Login {
    pub(crate) fn access_token(&self) -> &AccessToken {
        self.tokens.access_token()
    }
}

#[derive(Default)]
struct Session {
    login: Option<Login>,
    message: Option<String>,
}

/// All sessions.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<HashMap<String, Session>>);

impl Sessions {
    /// A new session; returns the value of its cookie.
    pub(crate) fn open(&self, login: Option<Login>, message: Option<String>) -> String {
        let id = CsrfToken::new_random_len(32).into_secret();
        self.all().insert(id.clone(), Session { login, message });
        id
    }

    pub(crate) fn find(&self, id: &str) -> Option<Login> {
        self.all().get(id)?.login.clone()
    }

    pub(crate) fn replace(&self, id: &str, login: Login) {
        if let Some(session) = self.all().get_mut(id) {
            session.login = Some(login);
        }
    }

    pub(crate) fn close(&self, id: &str) {
        self.all().remove(id);
    }

    /// A sentence for the next page of this session.
    pub(crate) fn tell(&self, id: &str, message: String) {
        if let Some(session) = self.all().get_mut(id) {
            session.message = Some(message);
        }
    }

    pub(crate) fn take_message(&self, id: &str) -> Option<String> {
        self.all().get_mut(id)?.message.take()
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
