//! The decoded parameters of a request, in order. An empty one counts as absent (RFC 6749
//! section 3.1).

/// A view of name-value pairs.
#[derive(Debug, Clone, Copy)]
pub struct Parameters<'a>(pub &'a [(String, String)]);

impl<'a> Parameters<'a> {
    /// The first value of `name` that is not empty.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.all(name).next()
    }

    /// Every value of `name` that is not empty.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.as_str())
    }

    /// Whether `name` was sent more than once.
    pub fn is_repeated(&self, name: &str) -> bool {
        self.all(name).nth(1).is_some()
    }

    /// The first name, other than `resource`, that was sent more than once.
    pub fn repeated(&self) -> Option<&'a str> {
        let mut names = self.0.iter().map(|(name, _)| name.as_str());
        names.find(|name| *name != "resource" && self.is_repeated(name))
    }

    /// The first name whose value has a control character; `claims` is JSON, which may have line
    /// breaks and knows what else to refuse.
    pub fn with_control_character(&self) -> Option<&'a str> {
        let bad = |(name, value): &&(String, String)| {
            name != "claims" && value.chars().any(char::is_control)
        };
        self.0.iter().find(bad).map(|(name, _)| name.as_str())
    }
}
