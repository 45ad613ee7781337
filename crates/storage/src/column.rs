//! Between columns and core's types. A value without meaning is [`StoreError::Corrupt`].

use keywright_core::secret::Digest;
use keywright_core::store::{Origin, StoreError};
use keywright_core::time::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A row that is being read: whom to blame.
#[derive(Clone, Copy)]
pub(crate) struct RowName<'a> {
    pub(crate) table: &'static str,
    /// Its key, or for rows that are keyed by a hash whose row it is.
    pub(crate) id: &'a str,
}

impl RowName<'_> {
    pub(crate) fn corrupt(self, column: &'static str) -> StoreError {
        StoreError::Corrupt { table: self.table, column, id: self.id.to_owned() }
    }

    pub(crate) fn digest(self, column: &'static str, bytes: &[u8]) -> Result<Digest, StoreError> {
        Digest::try_from(bytes).map_err(|_| self.corrupt(column))
    }

    pub(crate) fn json<T: DeserializeOwned>(
        self,
        column: &'static str,
        text: &str,
    ) -> Result<T, StoreError> {
        serde_json::from_str(text).map_err(|_| self.corrupt(column))
    }

    pub(crate) fn optional_json<T: DeserializeOwned>(
        self,
        column: &'static str,
        text: Option<&str>,
    ) -> Result<Option<T>, StoreError> {
        text.map(|text| self.json(column, text)).transpose()
    }

    pub(crate) fn origin(self, text: &str) -> Result<Origin, StoreError> {
        let named = Origin::ALL.iter().find(|origin| origin.as_str() == text);
        named.copied().ok_or_else(|| self.corrupt("origin"))
    }
}

/// A document. Fails only for a map whose keys are not text, which core has none of.
pub(crate) fn json_text<T: Serialize + ?Sized>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|e| StoreError::Failed(format!("JSON: {e}")))
}

pub(crate) fn optional_json_text<T: Serialize>(
    value: Option<&T>,
) -> Result<Option<String>, StoreError> {
    value.map(json_text).transpose()
}

pub(crate) fn seconds(instant: Option<Timestamp>) -> Option<i64> {
    instant.map(|instant| instant.0)
}
