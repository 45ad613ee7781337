//! The page for a refusal that cannot be sent to a client (RFC 6749 section 4.1.2.1).

use askama::Template;

use super::Layout;

/// A sentence, the code, the request id for support, and what to do.
#[derive(Debug, Template)]
#[template(path = "error.html")]
pub struct ErrorPage<'a> {
    /// The shared part.
    pub layout: Layout<'a>,
    /// The RFC's error code, or a word of ours such as `not_found`.
    pub code: &'a str,
    /// The public description, a sentence or a phrase.
    pub description: &'a str,
    /// Found in the log beside the private detail.
    pub request_id: &'a str,
}

impl ErrorPage<'_> {
    /// What happened, for somebody who knows nothing of OAuth.
    fn heading(&self) -> &'static str {
        match self.code {
            "server_error" => "Something went wrong on our side",
            "temporarily_unavailable" => "Too busy at the moment",
            "slow_down" => "That was too quick",
            "access_denied" => "This is not allowed",
            "not_found" => "There is nothing here",
            "expired" => "This page has expired",
            "setup_over" => "This setup link does not work any more",
            _ => "This request cannot be carried out",
        }
    }

    /// What the reader can do about it.
    fn advice(&self) -> &'static str {
        match self.code {
            "server_error" => {
                "Go back to the application and try again. If it happens again, tell the people \
                 who run this service and give them the request number below."
            }
            "temporarily_unavailable" | "slow_down" => "Wait a moment, then try again.",
            "access_denied" | "expired" => {
                "Go back to the application that you came from and sign in again from there."
            }
            "setup_over" => {
                "If there is an administrator already, sign in. If there is none, take the newest \
                 link from the server's log: every start of the server prints one and ends the one \
                 before."
            }
            "not_found" => "Check the address, or start again from the application.",
            _ => {
                "Nothing is wrong with your account. Go back to the application and start again \
                 from there. If that does not help, tell the people who run it and give them the \
                 details below."
            }
        }
    }
}
