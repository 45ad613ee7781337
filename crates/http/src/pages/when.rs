//! An instant on a page, for people and for programs.

use std::fmt;

use actix_web::cookie::time::OffsetDateTime;
use keywright_core::time::Timestamp;

/// Writes itself as `25 November 2026, 03:47 UTC`; without JavaScript nobody knows the reader's
/// time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct When(pub Timestamp);

impl When {
    /// For the attribute `datetime`: RFC 3339, UTC.
    pub fn iso(self) -> String {
        let at = self.read();
        let (month, day) = (u8::from(at.month()), at.day());
        let (hour, minute, second) = at.to_hms();
        format!("{:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z", at.year())
    }

    fn read(self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(self.0.0).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.read();
        let (day, month, year) = (at.day(), at.month(), at.year());
        write!(f, "{day} {month} {year}, {:02}:{:02} UTC", at.hour(), at.minute())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_written_for_people_and_for_programs() {
        let when = When(Timestamp(1_700_000_005));
        assert_eq!(when.to_string(), "14 November 2023, 22:13 UTC");
        assert_eq!(when.iso(), "2023-11-14T22:13:25Z");
    }
}
