//! Clients and their secrets.

use super::StoreError;
use crate::client::metadata::ClientMetadata;
use crate::id::{ClientId, RowId};
use crate::secret::Digest;
use crate::time::Timestamp;

/// Who owns a row, and therefore may change it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// `keywright.toml`; reconciled at start.
    Config,
    /// The command line or the admin pages.
    Cli,
    /// Dynamic registration (RFC 7591).
    Dynamic,
}

impl Origin {
    /// Every origin there is.
    pub const ALL: &'static [Self] = &[Self::Config, Self::Cli, Self::Dynamic];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Cli => "cli",
            Self::Dynamic => "dynamic",
        }
    }
}

/// A client as stored.
#[derive(Debug, Clone)]
pub struct ClientRow {
    /// `client_id`.
    pub id: ClientId,
    /// RFC 7591 metadata.
    pub metadata: ClientMetadata,
    /// Who owns it.
    pub origin: Origin,
    /// Since when it may do nothing.
    pub disabled_at: Option<Timestamp>,
    /// Tokens issued before this instant are dead.
    pub tokens_not_before: Option<Timestamp>,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl ClientRow {
    /// What people see of it: `client_name`, or the id.
    pub fn name(&self) -> &str {
        match self.metadata.client_name.as_str() {
            "" => self.id.as_str(),
            name => name,
        }
    }
}

/// One of the secrets of a client.
#[derive(Debug, Clone)]
pub struct ClientSecretRow {
    /// Its name.
    pub id: RowId,
    /// Whose it is.
    pub client_id: ClientId,
    /// HMAC-SHA-256 of the secret under a master subkey.
    pub digest: Digest,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when it is refused.
    pub expires_at: Option<Timestamp>,
}

/// The `clients` and `client_secrets` tables. Each write bumps [`super::Versions::clients`].
pub trait ClientTx {
    /// The client with this id, disabled or not.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails or the row is corrupt.
    fn find_client(&mut self, id: &ClientId) -> Result<Option<ClientRow>, StoreError>;

    /// Every client, by id.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails or a row is corrupt.
    fn clients(&mut self) -> Result<Vec<ClientRow>, StoreError>;

    /// Adds a client.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] for a known id.
    fn insert_client(&mut self, client: &ClientRow) -> Result<(), StoreError>;

    /// Writes every column of `client`; false when there is none.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn update_client(&mut self, client: &ClientRow) -> Result<bool, StoreError>;

    /// Removes a client with its secrets, consents and grants (and their codes and tokens);
    /// false when there is none.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn remove_client(&mut self, id: &ClientId) -> Result<bool, StoreError>;

    /// The secrets of a client, newest first, expired ones included.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn client_secrets(&mut self, id: &ClientId) -> Result<Vec<ClientSecretRow>, StoreError>;

    /// Adds a secret.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn insert_client_secret(&mut self, secret: &ClientSecretRow) -> Result<(), StoreError>;

    /// Lets every secret of the client but `except` expire at `at`, unless it does so earlier.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn expire_client_secrets(
        &mut self,
        id: &ClientId,
        except: Option<&RowId>,
        at: Timestamp,
    ) -> Result<(), StoreError>;
}
