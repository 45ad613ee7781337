//! Users as the command line and the configuration see them.

use keywright_core::store::{StoreError, Tx, UserRow};

/// How many users are read at once.
const PAGE: u32 = 500;

/// Every user, by login name.
///
/// # Errors
/// When the database fails.
pub(crate) fn every(tx: &mut dyn Tx) -> Result<Vec<UserRow>, StoreError> {
    let mut all: Vec<UserRow> = Vec::new();
    loop {
        let page = tx.users(all.last().map(|user| user.login.as_str()), PAGE)?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}
