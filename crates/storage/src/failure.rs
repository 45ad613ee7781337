//! What a failure of Diesel means to core: try again, or look at the log.

use diesel::ConnectionError;
use diesel::result::{DatabaseErrorKind, Error};
use keywright_core::store::StoreError;

/// Words by which both databases say that the same request may work a moment later. Neither
/// gives Diesel a code for these; PostgreSQL's come in English unless `lc_messages` differs,
/// and then they are [`StoreError::Failed`], which is no less true.
const PASSING: &[&str] = &[
    "database is locked",
    "database table is locked",
    "database schema is locked",
    "canceling statement due to",
    "deadlock detected",
    "the database system is",
    "too many clients",
    "remaining connection slots",
    "Connection refused",
];

/// Words by which libpq says that a connection is no more.
const LOST: &[&str] = &[
    "terminating connection",
    "server closed the connection",
    "connection not open",
    "no connection to the server",
    "could not receive data",
    "could not send data",
    "SSL connection has been closed",
];

/// Whether a statement failed for its connection, so that another one may do.
pub(crate) fn is_lost(error: &Error) -> bool {
    use DatabaseErrorKind::{ClosedConnection, UnableToSendCommand};
    match error {
        Error::DatabaseError(ClosedConnection | UnableToSendCommand, _)
        | Error::BrokenTransactionManager => true,
        _ => contains_any(&error.to_string(), LOST),
    }
}

fn contains_any(text: &str, words: &[&str]) -> bool {
    words.iter().any(|words| text.contains(words))
}

/// A failed statement.
pub(crate) fn store_error(error: &Error) -> StoreError {
    let text = error.to_string();
    let passing = match error {
        Error::DatabaseError(
            DatabaseErrorKind::SerializationFailure
            // What it hangs on was removed after it was read: whoever tries again is told so.
            | DatabaseErrorKind::ForeignKeyViolation,
            _,
        ) => true,
        _ => contains_any(&text, PASSING),
    };
    if passing || is_lost(error) { StoreError::Unavailable(text) } else { StoreError::Failed(text) }
}

/// A connection that could not be made. A server may come up; what it says stays.
pub(crate) fn connecting(error: &ConnectionError) -> StoreError {
    match error {
        ConnectionError::BadConnection(text) => StoreError::Unavailable(text.clone()),
        ConnectionError::CouldntSetupConfiguration(error) => store_error(error),
        other => StoreError::Failed(other.to_string()),
    }
}

/// Whether a unique value was taken.
pub(crate) fn is_unique_violation(error: &Error) -> bool {
    matches!(error, Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _))
}
