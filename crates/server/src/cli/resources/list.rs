//! `keywright resources list`.

use keywright_core::store::StoreExt as _;

use super::{Output, describe};
use crate::failure::Failure;
use crate::wire::Wired;

const COLUMNS: [(&str, &str); 6] = [
    ("IDENTIFIER", "identifier"),
    ("NAME", "name"),
    ("ALG", "algorithm"),
    ("FORMAT", "format"),
    ("ORIGIN", "origin"),
    ("STATUS", "status"),
];

pub(super) fn run(wired: &Wired<'_>, output: &mut Output<'_>) -> Result<(), Failure> {
    let resources = wired.store.read(|tx| Ok(tx.resources()?))?;
    let rows = resources.iter().map(describe).collect::<Result<_, _>>()?;
    Ok(output.table(&COLUMNS, rows)?)
}
