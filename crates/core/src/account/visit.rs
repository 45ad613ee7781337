//! A login that no client asks for: a page of our own wants to know who is there.
//!
//! It is an interaction like any other, so that the login page, its throttle and whatever else a
//! login asks for are the same. Where it leads is one of our own pages, never an address that
//! somebody could put into a link.

use serde::{Deserialize, Serialize};

use crate::authorize::{Decision, Step};
use crate::error::{Error, ErrorCode};
use crate::id::InteractionId;
use crate::interaction::{self, Document};
use crate::provider::Provider;
use crate::session::{self, Browser};
use crate::store::StoreExt as _;

/// A page of our own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    /// The page at the issuer's own address, which anybody may see.
    Landing,
    /// The account page.
    Account,
    /// The page to change one's password.
    Password,
}

/// A visit that waits for its login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// Where it leads.
    pub to: Place,
    /// The visitor would rather not log in.
    pub denied: bool,
}

/// Stores a visit to `to` and asks for the login.
///
/// # Errors
/// [`Error::Store`] or [`Error::Internal`].
pub fn begin(provider: &Provider, browser: &Browser, to: Place) -> Result<Step, Error> {
    let now = provider.now();
    let document = Document::Visit(Visit { to, denied: false });
    let device = browser.device.digest();
    let id =
        provider.store.write(|tx| interaction::insert(provider, tx, device, &document, now))?;
    Ok(login(id))
}

/// What comes next in this visit; `None` when the interaction is something else.
///
/// # Errors
/// `invalid_request` on a page when it is over or another browser's.
pub fn resume(
    provider: &Provider,
    id: &InteractionId,
    browser: &Browser,
) -> Result<Option<Step>, Error> {
    let now = provider.now();
    provider.store.read(|tx| {
        let Document::Visit(visit) = interaction::find(tx, id, browser, now)?.1 else {
            return Ok(None);
        };
        if visit.denied {
            return Ok(Some(Step::Return(Place::Landing)));
        }
        let login_is_there = session::current(provider, tx, browser, now)?.is_some();
        Ok(Some(if login_is_there { Step::Return(visit.to) } else { login(id.clone()) }))
    })
}

/// Records what the visitor did on the login page; false when the interaction is something else.
///
/// # Errors
/// `invalid_request` on a page when it is over or another browser's.
pub fn decide(
    provider: &Provider,
    id: &InteractionId,
    browser: &Browser,
    decision: Decision,
) -> Result<bool, Error> {
    let now = provider.now();
    let found = provider.store.read(|tx| interaction::find(tx, id, browser, now))?;
    let (row, Document::Visit(visit)) = found else { return Ok(false) };
    if decision != Decision::Deny || visit.denied {
        return Ok(true);
    }
    let denied = interaction::encode(&Document::Visit(Visit { denied: true, ..visit }))?;
    if provider.store.write(|tx| Ok(tx.claim_interaction_step(id, &row.document, &denied)?))? {
        return Ok(true);
    }
    let text = "This page was answered in another tab";
    Err(Error::refused(ErrorCode::InvalidRequest, text))
}

fn login(interaction: InteractionId) -> Step {
    Step::Login { interaction, client: None, login: None, ui_locales: None }
}
