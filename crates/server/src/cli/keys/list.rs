//! `keywright keys list`.

use keywright_core::store::StoreExt as _;

use super::{COLUMNS, Output, describe};
use crate::failure::Failure;
use crate::wire::Wired;

pub(super) fn run(wired: &Wired<'_>, output: &mut Output<'_>) -> Result<(), Failure> {
    let keys = wired.store.read(|tx| Ok(tx.keys()?))?;
    Ok(output.table(&COLUMNS, keys.iter().map(describe).collect())?)
}
