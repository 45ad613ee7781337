//! A line of the file before it is a user, and why it does not become one.

use serde_json::{Map, Value};

/// A line of the file: its members, or why it cannot be read.
pub(super) struct Line {
    /// Counted from 1.
    pub(super) number: u64,
    pub(super) members: Result<Map<String, Value>, String>,
}

/// A line that is not imported, and why.
pub(super) struct Refused {
    pub(super) line: u64,
    pub(super) login: Option<String>,
    pub(super) reason: String,
}
