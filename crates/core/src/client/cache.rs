//! Clients in memory, so that a request which writes nothing need not ask the database.
//!
//! Owns what is remembered and for how long. Read through: a miss asks the database, what does
//! not exist is not remembered. The whole cache goes when the version of the clients has moved;
//! [`crate::provider::Provider::poll`] looks once a second.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::id::ClientId;
use crate::store::{ClientRow, ClientSecretRow};

/// Most clients that are remembered.
const CAPACITY: usize = 10_000;

/// A client with its secrets, as of one instant.
#[derive(Debug)]
pub struct Registration {
    /// The client, disabled or not.
    pub client: Arc<ClientRow>,
    /// Its secrets, expired ones included.
    pub secrets: Vec<ClientSecretRow>,
}

#[derive(Debug, Default)]
struct Known {
    version: i64,
    by_id: HashMap<ClientId, Arc<Registration>>,
}

/// The clients that were asked for since the version last moved.
#[derive(Debug, Default)]
pub(crate) struct Cache(RwLock<Known>);

impl Cache {
    pub(crate) fn find(&self, id: &ClientId) -> Option<Arc<Registration>> {
        self.read().by_id.get(id).cloned()
    }

    /// Remembers what was read at `version`; a later version has outdated it already.
    pub(crate) fn remember(&self, version: i64, registration: &Arc<Registration>) {
        let mut known = self.write();
        if known.version != version {
            return;
        }
        if known.by_id.len() >= CAPACITY {
            known.by_id.clear();
        }
        known.by_id.insert(registration.client.id.clone(), Arc::clone(registration));
    }

    /// Forgets everything unless it is of this version.
    pub(crate) fn expect(&self, version: i64) {
        if self.read().version != version {
            *self.write() = Known { version, by_id: HashMap::new() };
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, Known> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Known> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}
