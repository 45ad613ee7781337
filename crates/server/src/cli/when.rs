//! Instants as a person gives them: a date, RFC 3339, or a span before now.

use keywright_core::time::{Seconds, Timestamp};
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, OffsetDateTime};

use crate::config::Raw;

/// An instant, or how long ago it was.
#[derive(Debug, Clone, Copy)]
pub(super) enum When {
    At(Timestamp),
    Ago(Seconds),
}

impl When {
    /// The instant, seen from `now`.
    pub(super) fn seen_from(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::Ago(span) => now.minus(span),
        }
    }
}

/// A date (its first second in UTC), or an instant in RFC 3339.
pub(super) fn instant(text: &str) -> Result<Timestamp, &'static str> {
    let date = || Date::parse(text, format_description!("[year]-[month]-[day]"));
    let date = || date().map(|date| date.midnight().assume_utc());
    let at = OffsetDateTime::parse(text, &Rfc3339).or_else(|_| date());
    at.map(|at| Timestamp(at.unix_timestamp()))
        .map_err(|_| "write a date such as 2030-01-31, or an instant such as 2030-01-31T12:00:00Z")
}

/// An instant as above, or a span of time before now.
pub(super) fn past(text: &str) -> Result<When, &'static str> {
    let span = || Raw::Text(text.to_owned()).seconds().map(When::Ago);
    instant(text).map(When::At).or_else(|_| span()).map_err(|_| {
        "write a span such as 24h, a date such as 2030-01-31, or an instant such as \
         2030-01-31T12:00:00Z"
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_its_first_second_and_an_instant_keeps_its_offset() {
        assert_eq!(instant("1970-01-02"), Ok(Timestamp(86_400)));
        assert_eq!(instant("1970-01-02T00:00:05Z"), Ok(Timestamp(86_405)));
        assert_eq!(instant("1970-01-02T01:00:05+01:00"), Ok(Timestamp(86_405)));
        for wrong in ["", "tomorrow", "1970-02-30", "1970-01-02T00:00:05", "24h"] {
            assert!(instant(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_span_counts_back_from_now() {
        let now = Timestamp(1_000_000);
        assert_eq!(past("1h").unwrap().seen_from(now), Timestamp(996_400));
        assert_eq!(past("1970-01-02").unwrap().seen_from(now), Timestamp(86_400));
        assert!(past("yesterday").is_err());
    }
}
