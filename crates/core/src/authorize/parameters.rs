//! The decoded parameters of a request, in order. An empty one counts as absent (RFC 6749
//! section 3.1).

use crate::error::{Error, ErrorCode, Refusal};

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

    /// That no parameter but `resource` is repeated (RFC 6749 section 3.1) and none has a control
    /// character. The log hears which; an error page does not show a name that anybody can choose.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidRequest`].
    pub fn check_form(&self) -> Result<(), Error> {
        let refuse = |description, name: &str| {
            let refusal = Refusal::new(ErrorCode::InvalidRequest, description);
            Err(refusal.parameter(name).into())
        };
        if let Some(name) = self.repeated() {
            return refuse("A parameter is given more than once", name);
        }
        if let Some(name) = self.with_control_character() {
            return refuse("A parameter has a control character", name);
        }
        Ok(())
    }

    /// The first name, other than `resource`, that was sent more than once.
    fn repeated(&self) -> Option<&'a str> {
        let mut names = self.0.iter().map(|(name, _)| name.as_str());
        names.find(|name| *name != "resource" && self.is_repeated(name))
    }

    /// The first name whose value has a control character; `claims` is JSON, which may have line
    /// breaks and knows what else to refuse.
    fn with_control_character(&self) -> Option<&'a str> {
        let bad = |(name, value): &&(String, String)| {
            name != "claims" && value.chars().any(char::is_control)
        };
        self.0.iter().find(bad).map(|(name, _)| name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_parameter_is_named_to_the_log_if_it_is_a_name_and_never_on_the_page() {
        let strange = "a parameter with a strange name";
        for (name, detail) in [
            ("nonce", "parameter \"nonce\""),
            ("Your account is locked. Call 0800 123", strange),
            ("{\"client_secret\":\"a", strange),
        ] {
            let once = (name.to_owned(), "a".to_owned());
            let control = (name.to_owned(), "\u{1}".to_owned());
            for pairs in [vec![once.clone(), once], vec![control]] {
                let refused = Parameters(&pairs).check_form().unwrap_err();
                let Error::Refused(refusal) = refused else { panic!("{refused:?}") };
                assert!(!refusal.description.contains(name), "{refusal:?}");
                assert_eq!(refusal.detail, detail);
            }
        }
    }
}
