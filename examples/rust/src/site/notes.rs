//! The API as the site calls it: HTTP with the user's access token, nothing else.

use keywright_example::{AnyError, Http};
use openidconnect::AccessToken;
use reqwest::{Method, RequestBuilder, Response};
use serde::Deserialize;
use serde_json::json;

/// The notes API behind one address.
pub(crate) struct NotesApi {
    http: Http,
    url: String,
}

/// A note.
#[derive(Deserialize)]
pub(crate) struct Note {
    pub(crate) text: String,
}

impl NotesApi {
    pub(crate) fn new(http: Http, base: &str) -> Self {
        Self { http, url: format!("{base}/notes") }
    }

    /// The user's notes, oldest first.
    pub(crate) async fn list(&self, token: &AccessToken) -> Result<Vec<Note>, AnyError> {
        Ok(call(self.request(Method::GET, token)).await?.json().await?)
    }

    /// Adds a note.
    pub(crate) async fn add(&self, token: &AccessToken, text: &str) -> Result<(), AnyError> {
        call(self.request(Method::POST, token).json(&json!({ "text": text }))).await?;
        Ok(())
    }

    /// Deletes all notes.
    pub(crate) async fn clear(&self, token: &AccessToken) -> Result<(), AnyError> {
        call(self.request(Method::DELETE, token)).await?;
        Ok(())
    }

    fn request(&self, method: Method, token: &AccessToken) -> RequestBuilder {
        self.http.0.request(method, &self.url).bearer_auth(token.secret())
    }
}

async fn call(request: RequestBuilder) -> Result<Response, AnyError> {
    let answer = request.send().await?;
    match answer.status() {
        status if status.is_success() => Ok(answer),
        status => Err(format!("the API answered {status}").into()),
    }
}
