//! The account page.

use askama::Template;
use keywright_core::account::applications::Application;
use keywright_core::account::overview::{Overview, Profile};
use keywright_core::account::sessions::OwnSession;

use super::{Layout, ScopeGroup, When};

/// Who the user is, where they are logged in, whom they have let in, and the ways out. Each form
/// posts `csrf` and what it concerns: `sid`, `client_id` or `where`.
#[derive(Debug, Template)]
#[template(path = "account.html")]
pub struct Account<'a> {
    /// The shared part.
    pub layout: Layout<'a>,
    /// CSRF token of every form on the page.
    pub csrf: &'a str,
    /// Who the user is.
    pub profile: &'a Profile,
    sessions: Vec<Session<'a>>,
    applications: Vec<Guest<'a>>,
}

/// A session in words.
#[derive(Debug)]
struct Session<'a> {
    own: &'a OwnSession,
    began: When,
    used: When,
}

/// An application in words.
#[derive(Debug)]
struct Guest<'a> {
    application: &'a Application,
    since: When,
    groups: Vec<ScopeGroup<'a>>,
}

impl<'a> Account<'a> {
    /// The page of one account.
    pub fn new(layout: Layout<'a>, csrf: &'a str, overview: &'a Overview) -> Self {
        let session = |own: &'a OwnSession| Session {
            own,
            began: When(own.created_at),
            used: When(own.last_seen_at),
        };
        let guest = |application: &'a Application| Guest {
            application,
            since: When(application.since),
            groups: ScopeGroup::by_resource(&application.scopes),
        };
        Self {
            layout,
            csrf,
            profile: &overview.profile,
            sessions: overview.sessions.iter().map(session).collect(),
            applications: overview.applications.iter().map(guest).collect(),
        }
    }

    fn password_set(&self) -> Option<When> {
        self.profile.password_set_at.map(When)
    }
}
