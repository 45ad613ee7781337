//! A value as its layer holds it (typed in a file, text in the environment or a flag), and what
//! it can be read as.

use keywright_core::time::Seconds;

/// The longest span that any option takes: ten years.
const LONGEST: i64 = 10 * 365 * 86_400;

/// A value before it has a type.
#[derive(Debug, Clone)]
pub(crate) enum Raw {
    /// Out of a flag or the environment.
    Text(String),
    /// Out of a file.
    Toml(toml::Value),
}

impl Raw {
    /// Any text.
    pub(crate) fn text(&self) -> Result<String, String> {
        match self {
            Self::Text(text) | Self::Toml(toml::Value::String(text)) => Ok(text.clone()),
            Self::Toml(_) => Err("write it as text, in quotes".to_owned()),
        }
    }

    /// A whole number.
    pub(crate) fn integer(&self) -> Result<i64, String> {
        match self {
            Self::Toml(toml::Value::Integer(number)) => Some(*number),
            Self::Text(text) => text.trim().parse().ok(),
            Self::Toml(_) => None,
        }
        .ok_or_else(|| "write a whole number".to_owned())
    }

    /// A whole number within a range.
    pub(crate) fn within(&self, least: u32, most: u32) -> Result<u32, String> {
        let number = self.integer()?;
        u32::try_from(number)
            .ok()
            .filter(|number| (least..=most).contains(number))
            .ok_or_else(|| format!("{number} is out of range; use {least} to {most}"))
    }

    /// `true` or `false`.
    pub(crate) fn boolean(&self) -> Result<bool, String> {
        match self {
            Self::Toml(toml::Value::Boolean(value)) => Some(*value),
            Self::Text(text) => text.trim().parse().ok(),
            Self::Toml(_) => None,
        }
        .ok_or_else(|| "write true or false".to_owned())
    }

    /// A span of time: whole seconds, or a number with the unit s, m, h or d.
    pub(crate) fn seconds(&self) -> Result<Seconds, String> {
        let read = match self {
            Self::Toml(toml::Value::Integer(number)) => Some(*number),
            Self::Text(text) | Self::Toml(toml::Value::String(text)) => seconds(text.trim()),
            Self::Toml(_) => None,
        };
        read.filter(|span| (0..=LONGEST).contains(span)).map(Seconds).ok_or_else(|| {
            "write whole seconds or a number with a unit, such as \"60s\", \"5m\", \"24h\" or \
             \"90d\", at most ten years"
                .to_owned()
        })
    }

    /// A list of texts; in a flag or the environment separated by commas.
    pub(crate) fn list(&self) -> Result<Vec<String>, String> {
        let wrong = || "write a list of texts".to_owned();
        match self {
            Self::Text(text) => {
                let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
                Ok(items.map(str::to_owned).collect())
            }
            Self::Toml(toml::Value::Array(items)) => {
                items.iter().map(|i| i.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
            }
            Self::Toml(_) => Err(wrong()),
        }
    }
}

fn seconds(text: &str) -> Option<i64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text.strip_prefix(digits)? {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return None,
    };
    digits.trim_end().parse::<i64>().ok()?.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_seconds_or_a_number_with_a_unit() {
        let read = |text: &str| Raw::Text(text.into()).seconds().ok();
        assert_eq!(read("60"), Some(Seconds(60)));
        assert_eq!(read("60s"), Some(Seconds(60)));
        assert_eq!(read("5m"), Some(Seconds::minutes(5)));
        assert_eq!(read("24h"), Some(Seconds::days(1)));
        assert_eq!(read("90d"), Some(Seconds::days(90)));
        assert_eq!(Raw::Toml(toml::Value::Integer(7)).seconds(), Ok(Seconds(7)));
        for wrong in ["", "m", "5 minutes", "-1", "1.5h", "5M", "99999999999999999d", "11y"] {
            assert_eq!(read(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn the_environment_separates_lists_by_commas() {
        let list = Raw::Text("RS256, ES256,".into()).list();
        assert_eq!(list, Ok(vec!["RS256".to_owned(), "ES256".to_owned()]));
    }
}
