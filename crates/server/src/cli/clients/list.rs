//! `keywright clients list`.

use keywright_core::store::StoreExt as _;

use super::{Output, describe};
use crate::failure::Failure;
use crate::wire::Wired;

const COLUMNS: [(&str, &str); 5] = [
    ("CLIENT_ID", "client_id"),
    ("NAME", "client_name"),
    ("GRANT_TYPES", "grant_types"),
    ("ORIGIN", "origin"),
    ("STATUS", "status"),
];

pub(super) fn run(wired: &Wired<'_>, output: &mut Output<'_>) -> Result<(), Failure> {
    let clients = wired.store.read(|tx| Ok(tx.clients()?))?;
    let rows = clients.iter().map(|client| describe(client, None)).collect::<Result<_, _>>()?;
    Ok(output.table(&COLUMNS, rows)?)
}
