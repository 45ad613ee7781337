//! Whether a signing algorithm may be chosen.

use keywright_core::keys::algorithm::Algorithm;

/// What is wrong with choosing `algorithm` when only `enabled` ones have keys; none if it is
/// one of them. Nothing could be signed with another, so every token would fail.
pub(crate) fn disabled(algorithm: Algorithm, enabled: &[Algorithm]) -> Option<String> {
    if enabled.contains(&algorithm) {
        return None;
    }
    let names: Vec<_> = enabled.iter().map(|enabled| enabled.as_str()).collect();
    let names = names.join(", ");
    Some(format!("{algorithm} is not enabled in keys.algorithms; name one that is: {names}"))
}
