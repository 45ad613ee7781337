//! `keywright users list`.

use keywright_core::store::StoreExt as _;

use super::{Output, describe};
use crate::account;
use crate::failure::Failure;
use crate::wire::Wired;

const COLUMNS: [(&str, &str); 6] = [
    ("LOGIN", "login"),
    ("SUBJECT", "subject"),
    ("NAME", "name"),
    ("ROLES", "roles"),
    ("ORIGIN", "origin"),
    ("STATUS", "status"),
];

pub(super) fn run(wired: &Wired<'_>, output: &mut Output<'_>) -> Result<(), Failure> {
    let users = wired.store.read(|tx| Ok(account::every(tx)?))?;
    Ok(output.table(&COLUMNS, users.iter().map(describe).collect())?)
}
