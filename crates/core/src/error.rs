//! Refusals: the RFC's code, a public sentence, a private detail.
//!
//! Owns the codes. Not the status (that is `http/src/error.rs`) and not the place where an
//! error is shown (page, redirect or JSON: the endpoint knows).

use std::borrow::Cow;
use std::fmt;

use crate::id::ClientId;
use crate::random::RandomError;
use crate::store::StoreError;
use crate::time::Seconds;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        /// An error code of RFC 6749, RFC 6750, RFC 8707 or OIDC Core.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ErrorCode { $($(#[$doc])* $name,)* }

        impl ErrorCode {
            /// Every code there is.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The code as it goes over the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

codes! {
    /// RFC 6749 sections 4.1.2.1 and 5.2.
    InvalidRequest = "invalid_request";
    /// RFC 6749 section 5.2.
    InvalidClient = "invalid_client";
    /// RFC 6749 section 5.2.
    InvalidGrant = "invalid_grant";
    /// RFC 6749 sections 4.1.2.1 and 5.2.
    UnauthorizedClient = "unauthorized_client";
    /// RFC 6749 section 5.2.
    UnsupportedGrantType = "unsupported_grant_type";
    /// RFC 6749 section 4.1.2.1.
    UnsupportedResponseType = "unsupported_response_type";
    /// RFC 6749 sections 4.1.2.1 and 5.2.
    InvalidScope = "invalid_scope";
    /// RFC 8707 section 2.
    InvalidTarget = "invalid_target";
    /// RFC 6749 section 4.1.2.1.
    AccessDenied = "access_denied";
    /// RFC 6749 section 4.1.2.1.
    ServerError = "server_error";
    /// RFC 6749 section 4.1.2.1.
    TemporarilyUnavailable = "temporarily_unavailable";
    /// OIDC Core section 3.1.2.6.
    LoginRequired = "login_required";
    /// OIDC Core section 3.1.2.6.
    ConsentRequired = "consent_required";
    /// OIDC Core section 3.1.2.6.
    AccountSelectionRequired = "account_selection_required";
    /// OIDC Core section 3.1.2.6.
    RequestNotSupported = "request_not_supported";
    /// OIDC Core section 3.1.2.6.
    RequestUriNotSupported = "request_uri_not_supported";
    /// OIDC Core section 3.1.2.6.
    RegistrationNotSupported = "registration_not_supported";
    /// OpenID Connect Core Error Code `unmet_authentication_requirements` 1.0.
    UnmetAuthenticationRequirements = "unmet_authentication_requirements";
    /// RFC 6750 section 3.1.
    InvalidToken = "invalid_token";
    /// RFC 6750 section 3.1.
    InsufficientScope = "insufficient_scope";
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A refusal: a word of the RFC, a text for the client, and what only the log hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The RFC's code.
    pub code: ErrorCode,
    /// For the client: only `%x20-21 / %x23-5B / %x5D-7E` (RFC 6749 section 5.2).
    pub description: Cow<'static, str>,
    /// For the log alone: what differed from what. Never a secret.
    pub detail: String,
    /// For the log alone: who is refused, once that is known.
    pub client: Option<ClientId>,
}

impl Refusal {
    /// A refusal whose description says it all. Characters that RFC 6749 does not allow in
    /// `error_description` become spaces; what is too long for a line is cut off, as in the detail.
    pub fn new(code: ErrorCode, description: impl Into<Cow<'static, str>>) -> Self {
        let description = description.into();
        let clean = |c: char| matches!(c, ' '..='!' | '#'..='[' | ']'..='~');
        let description = if description.chars().all(clean) {
            description
        } else {
            description.chars().map(|c| if clean(c) { c } else { ' ' }).collect()
        };
        let description = match line(&description) {
            Some(line) => Cow::Owned(line),
            None => description,
        };
        Self { code, description, detail: String::new(), client: None }
    }

    /// Tells the log which parameter it is about, if it is a name: who posts JSON as a form has
    /// values there.
    #[must_use]
    pub fn parameter(self, name: &str) -> Self {
        let is_name = name.len() <= 40 && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        if is_name {
            return self.detail(format!("parameter {name:?}"));
        }
        self.detail("a parameter with a strange name")
    }

    /// Adds what only the log may know.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        self.detail = line(&detail).unwrap_or(detail);
        self
    }

    /// Tells the log who is refused.
    #[must_use]
    pub fn for_client(mut self, client: &ClientId) -> Self {
        self.client = Some(client.clone());
        self
    }
}

/// So many characters of what a client sent are repeated to it, or to the log, at most.
const LINE: usize = 300;

/// As much of the text as fits, if it is too long.
fn line(text: &str) -> Option<String> {
    let (end, _) = text.char_indices().nth(LINE)?;
    text.get(..end).map(|start| format!("{start}..."))
}

/// Why a verb of the protocol did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Refused; nothing was written.
    #[error("{}: {}", .0.code, .0.description)]
    Refused(Refusal),
    /// Refused, and what was written to remember it is committed (replay, reuse, throttling).
    #[error("{}: {}", .0.code, .0.description)]
    RefusedAndRecorded(Refusal),
    /// Too many attempts; nothing was looked at. How long to wait.
    #[error("too many attempts, wait {} seconds", .0.0)]
    Throttled(Seconds),
    /// The database failed or is too busy.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No randomness, no key, or OpenSSL failed: the server's own fault.
    #[error("{0}")]
    Internal(String),
}

impl Error {
    /// A refusal with a code and a public sentence.
    pub fn refused(code: ErrorCode, description: impl Into<Cow<'static, str>>) -> Self {
        Self::Refused(Refusal::new(code, description))
    }

    /// Tells the log who is refused, if it is a refusal.
    #[must_use]
    pub fn for_client(self, client: &ClientId) -> Self {
        match self {
            Self::Refused(refusal) => Self::Refused(refusal.for_client(client)),
            Self::RefusedAndRecorded(refusal) => {
                Self::RefusedAndRecorded(refusal.for_client(client))
            }
            other => other,
        }
    }

    /// The refusal inside, if it is one.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) | Self::RefusedAndRecorded(refusal) => Some(refusal),
            Self::Throttled(_) | Self::Store(_) | Self::Internal(_) => None,
        }
    }

    /// The refusal's code, if it is one.
    pub fn code(&self) -> Option<ErrorCode> {
        self.refusal().map(|refusal| refusal.code)
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<RandomError> for Error {
    fn from(error: RandomError) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<openssl::error::ErrorStack> for Error {
    fn from(error: openssl::error::ErrorStack) -> Self {
        Self::Internal(format!("OpenSSL: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_client_sent_is_repeated_up_to_the_length_of_a_line() {
        let long = "\u{e9}".repeat(5000);
        let refusal = Refusal::new(ErrorCode::InvalidRequest, long.clone()).detail(long);
        assert_eq!(refusal.description, format!("{}...", " ".repeat(LINE)));
        assert_eq!(refusal.detail, format!("{}...", "\u{e9}".repeat(LINE)));
        let short = Refusal::new(ErrorCode::InvalidRequest, "short").detail("too");
        assert_eq!((&*short.description, &*short.detail), ("short", "too"));
    }
}
