//! What is wrong with a configuration: all of it, in sentences.

use std::fmt;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// Where: a key and its file, an environment variable, or a flag.
    pub(crate) place: String,
    /// What is wrong and what to do about it. Never holds a secret.
    pub(crate) sentence: String,
}

/// On one line: control characters, which names and values may have, are escaped.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in format!("{}: {}", self.place, self.sentence).chars() {
            if c.is_control() { write!(f, "{}", c.escape_default())? } else { write!(f, "{c}")? }
        }
        Ok(())
    }
}

/// The name among `known` that is most like `name`.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let leaf = |path: &str| path.rsplit('.').next().unwrap_or(path).to_owned();
    let likeness = |candidate: &str| {
        let whole = strsim::normalized_damerau_levenshtein(name, candidate);
        whole.max(strsim::normalized_damerau_levenshtein(&leaf(name), &leaf(candidate)) - 0.1)
    };
    known.into_iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
}

/// The sentence about a name that nobody knows.
pub(crate) fn unknown<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    match nearest(name, known) {
        Some(nearest) => format!("there is no such option; did you mean `{nearest}`?"),
        None => "there is no such option; remove it".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found_through_a_typo_and_a_forgotten_section() {
        let known =
            ["issuer", "listen", "lifetimes.code", "lifetimes.session_idle", "database.url"];
        assert_eq!(nearest("isuer", known), Some("issuer"));
        assert_eq!(nearest("lifetime.code", known), Some("lifetimes.code"));
        assert_eq!(nearest("session_idle", known), Some("lifetimes.session_idle"));
        assert_eq!(nearest("anything", []), None);
    }
}
