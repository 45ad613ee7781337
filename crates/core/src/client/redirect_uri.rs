//! Redirect URIs: what may be registered, and what matches a registration.

/// Whether a redirect URI may be registered; stub.
///
/// # Errors
/// What is wrong with it, as a phrase.
pub fn check_registration(_uri: &str) -> Result<(), String> {
    Ok(())
}
