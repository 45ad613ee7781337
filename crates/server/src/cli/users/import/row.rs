//! A line as a user: which members there are, and what each may hold.

use std::fmt;

use keywright_core::account::password::check_stored;
use keywright_core::account::user::{check_login, check_subject, normalize_login};
use keywright_core::claims::stored;
use keywright_core::id::{Subject, UserId};
use keywright_core::random::{Random, RandomError};
use keywright_core::secret::Secret;
use keywright_core::store::{Origin, UserRow};
use keywright_core::time::Timestamp;
use serde_json::{Map, Value};

use super::line::{Line, Refused};

/// The one member that must be there.
pub(super) const LOGIN: &str = "login";

/// What a member holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Text,
    Truth,
    /// Texts; in CSV separated by semicolons.
    List,
    /// A JSON object.
    Object,
}

/// Every member, and what else it may be called: the columns of Django's `auth_user`.
const MEMBERS: [(&str, &str, Sort); 13] = [
    (LOGIN, "username", Sort::Text),
    ("password_hash", "password", Sort::Text),
    ("subject", "sub", Sort::Text),
    ("email", "email", Sort::Text),
    ("email_verified", "email_verified", Sort::Truth),
    ("name", "name", Sort::Text),
    ("given_name", "first_name", Sort::Text),
    ("family_name", "last_name", Sort::Text),
    ("groups", "groups", Sort::List),
    ("roles", "roles", Sort::List),
    ("disabled", "disabled", Sort::Truth),
    ("is_active", "is_active", Sort::Truth),
    ("claims", "claims", Sort::Object),
];

/// A member by either of its names.
pub(super) fn member(name: &str) -> Option<(&'static str, Sort)> {
    let found = MEMBERS.iter().find(|(member, alias, _)| *member == name || *alias == name);
    found.map(|(member, _, sort)| (*member, *sort))
}

/// The names, for a hint.
pub(super) fn names() -> String {
    let name = |(member, alias, _): &(&str, &str, Sort)| {
        if member == alias { (*member).to_owned() } else { format!("{member} ({alias})") }
    };
    MEMBERS.iter().map(name).collect::<Vec<_>>().join(", ")
}

/// A user who may be added, as far as the line alone tells.
pub(super) struct Candidate {
    pub(super) line: u64,
    pub(super) user: UserRow,
    /// Whether the file decides the subject.
    pub(super) has_own_subject: bool,
    pub(super) hash: Option<Secret>,
}

impl Candidate {
    /// Why this one is not imported after all.
    pub(super) fn refused(&self, reason: String) -> Refused {
        Refused { line: self.line, login: Some(self.user.login.clone()), reason }
    }
}

/// Reads a line.
///
/// # Errors
/// Everything that is wrong with it.
pub(super) fn read(
    line: Line,
    ignored: &[String],
    random: &dyn Random,
    now: Timestamp,
) -> Result<Candidate, Refused> {
    let number = line.number;
    let members = line.members.map_err(|reason| Refused { line: number, login: None, reason })?;
    let mut members = Members::new(members, ignored);
    let login = members.text(LOGIN).map(|login| normalize_login(&login));
    let user = user(&mut members, login.as_deref().unwrap_or_default(), random, now);
    let hash = hash(&mut members);
    let (user, has_own_subject) = match user {
        Ok(user) if members.problems.is_empty() => user,
        Ok(_) => {
            return Err(Refused { line: number, login, reason: members.problems.join("; ") });
        }
        Err(error) => return Err(Refused { line: number, login, reason: error.to_string() }),
    };
    Ok(Candidate { line: number, user, has_own_subject, hash })
}

type Read = (UserRow, bool);

fn user(
    members: &mut Members,
    login: &str,
    random: &dyn Random,
    now: Timestamp,
) -> Result<Read, RandomError> {
    members.check(LOGIN, check_login(login));
    let subject = members.text("subject");
    if let Some(subject) = &subject {
        members.check("subject", check_subject(subject));
    }
    let mut claims = members.object("claims").unwrap_or_default();
    members.check("claims", stored::check(&claims));
    for name in ["email", "name", "given_name", "family_name"] {
        claims.extend(members.text(name).map(|text| (name.to_owned(), Value::String(text))));
    }
    let verified = members.truth("email_verified");
    claims.extend(verified.map(|verified| ("email_verified".to_owned(), Value::Bool(verified))));
    let is_disabled = members.truth("disabled") == Some(true);
    let is_inactive = members.truth("is_active") == Some(false);
    let has_own_subject = subject.is_some();
    let subject = match subject {
        Some(subject) => Subject::new(subject),
        None => Subject::generate(random)?,
    };
    let user = UserRow {
        id: UserId::generate(random)?,
        subject,
        login: login.to_owned(),
        claims,
        groups: members.list("groups"),
        roles: members.list("roles"),
        origin: Origin::Cli,
        disabled_at: (is_disabled || is_inactive).then_some(now),
        created_at: now,
        updated_at: now,
    };
    Ok((user, has_own_subject))
}

/// The stored password. None, too, for what Django stores of a user who has none: an
/// exclamation mark and something random.
fn hash(members: &mut Members) -> Option<Secret> {
    let hash = members.text("password_hash").filter(|hash| !hash.starts_with('!'))?;
    members.check("password_hash", check_stored(&hash));
    Some(Secret::new(hash))
}

/// The members of a line while they are looked at.
struct Members {
    values: Map<String, Value>,
    problems: Vec<String>,
}

impl Members {
    /// Brings every member under its first name; drops what is empty.
    fn new(given: Map<String, Value>, ignored: &[String]) -> Self {
        let mut members = Self { values: Map::new(), problems: Vec::new() };
        for (name, value) in given {
            if ignored.contains(&name) {
                continue;
            }
            match member(&name) {
                None => members.problems.push(format!("{name}: is unknown")),
                Some((name, _)) if members.values.contains_key(name) => {
                    members.problems.push(format!("{name}: is given twice"));
                }
                Some((name, _)) => {
                    if !value.is_null() && value != "" {
                        members.values.insert(name.to_owned(), value);
                    }
                }
            }
        }
        members
    }

    fn check(&mut self, name: &str, result: Result<(), impl fmt::Display>) {
        if let Err(why) = result {
            self.problems.push(format!("{name}: {why}"));
        }
    }

    fn text(&mut self, name: &str) -> Option<String> {
        match self.values.remove(name)? {
            Value::String(text) => Some(text),
            _ => self.problem(name, "must be a text"),
        }
    }

    fn truth(&mut self, name: &str) -> Option<bool> {
        match self.values.remove(name)? {
            Value::Bool(truth) => Some(truth),
            _ => self.problem(name, "must be true or false"),
        }
    }

    fn object(&mut self, name: &str) -> Option<Map<String, Value>> {
        match self.values.remove(name)? {
            Value::Object(object) => Some(object),
            _ => self.problem(name, "must be a JSON object"),
        }
    }

    fn list(&mut self, name: &str) -> Vec<String> {
        let Some(value) = self.values.remove(name) else { return Vec::new() };
        let items: Option<Vec<String>> = value.as_array().and_then(|items| {
            let text = |item: &Value| item.as_str().filter(|t| !t.is_empty()).map(str::to_owned);
            items.iter().map(text).collect()
        });
        match items {
            Some(items) => items,
            None => self.problem(name, "must be a list of texts").unwrap_or_default(),
        }
    }

    fn problem<T>(&mut self, name: &str, sentence: &str) -> Option<T> {
        self.problems.push(format!("{name}: {sentence}"));
        None
    }
}
