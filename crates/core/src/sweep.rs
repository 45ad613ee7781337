//! Removing what has expired.
use crate::error::Error;
use crate::provider::Provider;

/// Removes one batch; how many rows went. stub
pub fn batch(_provider: &Provider, _limit: u32) -> Result<usize, Error> {
    Ok(0)
}
