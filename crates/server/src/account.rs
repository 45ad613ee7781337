//! Users as the command line and the configuration see them.

use keywright_core::store::{Origin, StoreError, Tx, UserRow};

/// How many users are read at once.
const PAGE: u32 = 500;

/// Every user, by login name.
///
/// # Errors
/// When the database fails.
pub(crate) fn every(tx: &mut dyn Tx) -> Result<Vec<UserRow>, StoreError> {
    let mut all = Vec::new();
    in_pages(|after| tx.users(after, PAGE), |user| all.push(user))?;
    Ok(all)
}

/// The users that the configuration declared at this start or an earlier one.
///
/// # Errors
/// When the database fails.
pub(crate) fn declared(tx: &mut dyn Tx) -> Result<Vec<UserRow>, StoreError> {
    let mut all = Vec::new();
    in_pages(|after| tx.users_of_origin(Origin::Config, after, PAGE), |user| all.push(user))?;
    Ok(all)
}

/// Whether there is such a user. No more than a page of them is in memory.
///
/// # Errors
/// When the database fails.
pub(crate) fn any(tx: &mut dyn Tx, is_such: impl Fn(&UserRow) -> bool) -> Result<bool, StoreError> {
    let mut found = false;
    in_pages(|after| tx.users(after, PAGE), |user| found |= is_such(&user))?;
    Ok(found)
}

/// Hands on each user of every page, where a page is what comes after a login name.
fn in_pages(
    mut page: impl FnMut(Option<&str>) -> Result<Vec<UserRow>, StoreError>,
    mut each: impl FnMut(UserRow),
) -> Result<(), StoreError> {
    let mut after = None;
    loop {
        let users = page(after.as_deref())?;
        let Some(last) = users.last() else { return Ok(()) };
        after = Some(last.login.clone());
        users.into_iter().for_each(&mut each);
    }
}
