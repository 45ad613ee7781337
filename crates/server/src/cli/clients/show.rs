//! `keywright clients show`.

use serde_json::json;

use super::{Output, Which, describe, find};
use crate::cli::output::instant;
use crate::failure::{self, Failure};
use crate::wire::Wired;

pub(super) fn run(
    which: &Which,
    wired: &Wired<'_>,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    let (client, secrets) = failure::read(&wired.store, |tx| {
        let client = find(tx, &which.client_id)?;
        let secrets = tx.client_secrets(&client.id)?;
        Ok((client, secrets))
    })?;
    let mut shown = describe(&client, None)?;
    let secret = |row: &keywright_core::store::ClientSecretRow| {
        json!({
            "created_at": instant(row.created_at),
            "expires_at": row.expires_at.map(instant),
        })
    };
    shown["secrets"] = secrets.iter().map(secret).collect();
    Ok(output.record(&shown)?)
}
