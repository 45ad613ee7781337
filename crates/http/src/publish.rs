//! The two documents that anybody may read, as prepared bytes.
//!
//! Owns discovery (OIDC Discovery 1.0, RFC 8414) and the JWKS (RFC 7517) in the form in which
//! they go over the wire. They are rebuilt when the provider's snapshot changes, so that
//! reading them takes no hop.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};

use actix_web::HttpRequest;
use actix_web::web::Bytes;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keywright_core::discovery;
use keywright_core::provider::{Provider, Settings, Snapshot};
use openssl::sha::sha256;

use crate::error::Failure;
use crate::state::State;

/// A document and its name for caches.
#[derive(Debug)]
pub(crate) struct Document {
    /// The JSON.
    pub(crate) bytes: Bytes,
    /// A strong entity tag with its quotes: a hash of the bytes.
    pub(crate) etag: String,
}

impl Document {
    fn new(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self { etag: entity_tag(&sha256(&bytes)), bytes }
    }
}

/// A strong entity tag (RFC 9110 section 8.8.3) from the hash of what it names.
pub(crate) fn entity_tag(hash: &[u8; 32]) -> String {
    format!("\"{}\"", URL_SAFE_NO_PAD.encode(hash.first_chunk::<16>().unwrap_or(&[0; 16])))
}

/// Both documents of one snapshot.
#[derive(Debug)]
pub(crate) struct Published {
    snapshot: Arc<Snapshot>,
    /// Provider metadata.
    pub(crate) discovery: Document,
    /// Public keys.
    pub(crate) jwks: Document,
}

impl Published {
    fn new(settings: &Settings, snapshot: Arc<Snapshot>) -> Self {
        let scopes: BTreeSet<&str> = snapshot
            .resources
            .iter()
            .flat_map(|resource| resource.scopes.iter().map(|scope| scope.name.as_str()))
            .collect();
        let scopes: Vec<String> = scopes.into_iter().map(str::to_owned).collect();
        let discovery = Document::new(discovery::document(settings, &scopes).to_string());
        let jwks = Document::new(snapshot.keys.jwks().to_owned());
        Self { snapshot, discovery, jwks }
    }
}

/// Holds the documents of the snapshot that was current last.
#[derive(Debug, Default)]
pub(crate) struct Publisher {
    last: RwLock<Option<Arc<Published>>>,
}

impl Publisher {
    /// The documents as of now.
    ///
    /// # Errors
    /// [`Failure`] when the snapshot is stale and the database does not confirm it.
    pub(crate) async fn current(
        &self,
        request: &HttpRequest,
        state: &State,
    ) -> Result<Arc<Published>, Failure> {
        let snapshot = match state.provider.fresh_snapshot() {
            Some(snapshot) => snapshot,
            None => state.ask(request, Provider::snapshot).await?,
        };
        let last = self.last.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(last) = last.filter(|last| Arc::ptr_eq(&last.snapshot, &snapshot)) {
            return Ok(last);
        }
        let fresh = Arc::new(Published::new(&state.provider.settings, snapshot));
        *self.last.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&fresh));
        Ok(fresh)
    }
}
