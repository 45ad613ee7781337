//! Requests that wait for their user, bound to a browser: authorization and logout alike.
//!
//! A cross-site POST carries no cookies. Its parameters are parked, unbound, and taken up by
//! the GET that follows.

use serde::{Deserialize, Serialize};

use crate::account::visit::Visit;
use crate::authorize::prompt::Progress;
use crate::authorize::request::Request;
use crate::error::{Error, ErrorCode};
use crate::id::InteractionId;
use crate::provider::Provider;
use crate::secret::Digest;
use crate::session::Browser;
use crate::session::logout::Pending;
use crate::store::{InteractionRow, StoreError, StoreExt as _, Tx};
use crate::time::Timestamp;

/// What an interaction holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Document {
    /// Parameters of a POST, not yet looked at.
    Parked(Vec<(String, String)>),
    /// An authorization request and what has happened to it.
    Authorize(Box<Request>, Progress),
    /// A logout that waits for its confirmation.
    Logout(Pending),
    /// A visit to a page of our own that waits for its login.
    Visit(Visit),
}

/// Most bytes of names and values of a request that may have to wait.
const MOST_BYTES: usize = 16 * 1024;

/// Checks what would be stored of a request.
///
/// # Errors
/// `invalid_request` for more than 16 KiB.
pub fn check_length(parameters: &[(String, String)]) -> Result<(), Error> {
    let bytes: usize = parameters.iter().map(|(name, value)| name.len() + value.len()).sum();
    if bytes > MOST_BYTES {
        return Err(Error::refused(ErrorCode::InvalidRequest, "The request is too long"));
    }
    Ok(())
}

/// Stores the parameters of a POST, to go on with a GET.
///
/// # Errors
/// `invalid_request` for more than 16 KiB, [`Error::Store`] or [`Error::Internal`].
pub fn park(provider: &Provider, parameters: &[(String, String)]) -> Result<InteractionId, Error> {
    check_length(parameters)?;
    let document = Document::Parked(parameters.to_vec());
    let now = provider.now();
    provider.store.write(|tx| insert(provider, tx, Digest([0; 32]), &document, now))
}

/// Stores a document for one browser.
///
/// # Errors
/// [`Error::Store`] or [`Error::Internal`].
pub fn insert(
    provider: &Provider,
    tx: &mut dyn Tx,
    browser: Digest,
    document: &Document,
    now: Timestamp,
) -> Result<InteractionId, Error> {
    let id = InteractionId::generate(provider.random.as_ref())?;
    tx.insert_interaction(&InteractionRow {
        id: id.clone(),
        browser,
        document: encode(document)?,
        created_at: now,
        expires_at: now.plus(provider.settings.interaction_lifetime),
    })?;
    Ok(id)
}

/// The document as it is stored.
///
/// # Errors
/// [`Error::Internal`] when it cannot be written as JSON.
pub fn encode(document: &Document) -> Result<String, Error> {
    serde_json::to_string(document).map_err(|e| Error::Internal(e.to_string()))
}

/// Finds an interaction of this browser that has not expired.
///
/// # Errors
/// `invalid_request` when it is over, or belongs to another browser: to be shown on a page.
pub fn find(
    tx: &mut dyn Tx,
    id: &InteractionId,
    browser: &Browser,
    now: Timestamp,
) -> Result<(InteractionRow, Document), Error> {
    let row = tx.find_interaction(id)?.filter(|row| now < row.expires_at).ok_or_else(|| {
        let text = "This page has expired or was already used. Go back to the application";
        Error::refused(ErrorCode::InvalidRequest, text)
    })?;
    let document: Document = serde_json::from_str(&row.document).map_err(|_| {
        let (table, column) = ("interactions", "document");
        Error::Store(StoreError::Corrupt { table, column, id: id.to_string() })
    })?;
    let parked = matches!(document, Document::Parked(_));
    if !parked && !row.browser.matches(&browser.device.digest()) {
        let text = "This page belongs to another browser, or cookies are blocked";
        return Err(Error::refused(ErrorCode::InvalidRequest, text));
    }
    Ok((row, document))
}

/// The parameters of a parked interaction; `None` when it is not a parked one. Whoever goes on with
/// them takes it ([`take`]) in the transaction that writes what became of it: if that fails, the
/// browser may load the page again.
///
/// # Errors
/// As [`find`].
pub fn parked(
    provider: &Provider,
    id: &InteractionId,
    browser: &Browser,
) -> Result<Option<Vec<(String, String)>>, Error> {
    let now = provider.now();
    let found = provider.store.read(|tx| find(tx, id, browser, now))?;
    let Document::Parked(parameters) = found.1 else { return Ok(None) };
    Ok(Some(parameters))
}

/// Takes a parked interaction, once.
///
/// # Errors
/// `invalid_request` when somebody was first.
pub fn take(tx: &mut dyn Tx, parked: Option<&InteractionId>) -> Result<(), Error> {
    match parked {
        Some(id) if !tx.claim_interaction(id)? => {
            Err(Error::refused(ErrorCode::InvalidRequest, "This request was already taken up"))
        }
        _ => Ok(()),
    }
}
