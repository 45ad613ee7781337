//! Declared clients and their secrets.

use keywright_core::audit::{Event, Kind};
use keywright_core::id::RowId;
use keywright_core::provider::Provider;
use keywright_core::secret::Digest;
use keywright_core::store::{ClientRow, ClientSecretRow, Origin, Tx};
use keywright_core::time::Timestamp;

use super::{Reconciler, check_owner};
use crate::config::ClientDeclaration;
use crate::failure::Failure;
use keywright_core::client::authenticate::secret_digest;

/// A declared client whose secret is hashed already: nothing is hashed under the write lock.
pub(super) struct Prepared<'d> {
    declaration: &'d ClientDeclaration,
    secret: Option<(RowId, Digest)>,
}

pub(super) fn prepare<'d>(
    provider: &Provider,
    declared: &'d [ClientDeclaration],
) -> Result<Vec<Prepared<'d>>, Failure> {
    let prepare = |declaration: &'d ClientDeclaration| {
        let hash = |secret| -> Result<_, Failure> {
            let digest = secret_digest(&provider.master, secret)?;
            Ok((RowId::generate(provider.random.as_ref(), provider.now())?, digest))
        };
        let secret = declaration.secret.as_ref().map(hash).transpose()?;
        Ok(Prepared { declaration, secret })
    };
    declared.iter().map(prepare).collect()
}

impl Reconciler<'_> {
    pub(super) fn clients(
        &self,
        tx: &mut dyn Tx,
        declared: &[Prepared<'_>],
        changes: &mut Vec<String>,
    ) -> Result<(), Failure> {
        for client in declared {
            let id = &client.declaration.id;
            let change = put(tx, client.declaration, self.now)?;
            let has_new_secret = put_secret(tx, client, self.now)?;
            let is_new = change == Some(Kind::ClientAdded);
            if let Some(kind) = change {
                self.record(tx, Event::new(kind).client(id))?;
            }
            if has_new_secret && !is_new {
                self.record(tx, Event::new(Kind::ClientSecretRotated).client(id))?;
            }
            if change.is_some() || has_new_secret {
                changes.push(format!("wrote client {id}"));
            }
        }
        for mut row in tx.clients()? {
            let is_declared = declared.iter().any(|client| client.declaration.id == row.id);
            if row.origin == Origin::Config && row.disabled_at.is_none() && !is_declared {
                row.disabled_at = Some(self.now);
                row.updated_at = self.now;
                tx.update_client(&row)?;
                self.record(tx, Event::new(Kind::ClientDisabled).client(&row.id))?;
                changes.push(format!("disabled client {}", row.id));
            }
        }
        Ok(())
    }
}

/// Writes the row if it differs; what happened to it.
fn put(
    tx: &mut dyn Tx,
    declaration: &ClientDeclaration,
    now: Timestamp,
) -> Result<Option<Kind>, Failure> {
    let known = tx.find_client(&declaration.id)?;
    let mut row = known.clone().unwrap_or_else(|| ClientRow {
        id: declaration.id.clone(),
        metadata: declaration.metadata.clone(),
        origin: Origin::Config,
        disabled_at: None,
        tokens_not_before: None,
        created_at: now,
        updated_at: now,
    });
    let id = declaration.id.as_str();
    let remedy = format!("rename it in the file, or run `keywright clients remove {id}`");
    check_owner("client", id, row.origin, &remedy)?;
    if known.is_none() {
        tx.insert_client(&row)?;
        return Ok(Some(Kind::ClientAdded));
    }
    let kind = match (row.metadata == declaration.metadata, row.disabled_at) {
        (true, None) => return Ok(None),
        (_, Some(_)) => Kind::ClientEnabled,
        (false, None) => Kind::ClientChanged,
    };
    row.metadata = declaration.metadata.clone();
    row.disabled_at = None;
    row.updated_at = now;
    tx.update_client(&row)?;
    Ok(Some(kind))
}

/// The declared secret is the only one that is accepted.
fn put_secret(tx: &mut dyn Tx, client: &Prepared<'_>, now: Timestamp) -> Result<bool, Failure> {
    let id = &client.declaration.id;
    let live = |row: &ClientSecretRow| row.expires_at.is_none_or(|at| at > now);
    let stored: Vec<_> = tx.client_secrets(id)?.into_iter().filter(live).collect();
    let declared = client.secret.as_ref();
    let same = |row: &ClientSecretRow| {
        row.expires_at.is_none() && declared.is_some_and(|(_, digest)| digest.matches(&row.digest))
    };
    let kept = stored.iter().find(|row| same(row)).map(|row| row.id.clone());
    let mut changed = false;
    let kept = match (kept, declared) {
        (None, Some((row_id, digest))) => {
            tx.insert_client_secret(&ClientSecretRow {
                id: row_id.clone(),
                client_id: id.clone(),
                digest: *digest,
                created_at: now,
                expires_at: None,
            })?;
            changed = true;
            Some(row_id.clone())
        }
        (kept, _) => kept,
    };
    if stored.iter().any(|row| kept.as_ref() != Some(&row.id)) {
        tx.expire_client_secrets(id, kept.as_ref(), now)?;
        changed = true;
    }
    Ok(changed)
}
