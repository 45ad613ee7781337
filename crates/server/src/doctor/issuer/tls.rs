//! How long the certificate will hold.

use keywright_core::time::{Seconds, Timestamp};
use openssl::asn1::Asn1Time;
use openssl::x509::X509;

use super::Finding;

/// Less than this is soon: whoever renews by hand needs the time.
const SOON: Seconds = Seconds::days(14);

/// A certificate that was accepted a moment ago.
pub(super) fn examine(der: &[u8], now: Timestamp) -> Finding {
    let days = X509::from_der(der).and_then(|certificate| {
        let now = Asn1Time::from_unix(now.0)?;
        Ok(i64::from(now.diff(certificate.not_after())?.days))
    });
    match days {
        Ok(days) => judge(days),
        Err(error) => {
            let what = format!("the certificate cannot be read: {error}");
            Finding::warning("tls", what, "look at it with `openssl x509 -text`")
        }
    }
}

fn judge(days: i64) -> Finding {
    let what = format!("the certificate holds for {days} more days");
    if days < SOON.0 / Seconds::days(1).0 {
        return Finding::warning(
            "tls",
            what,
            "renew it, and see why that did not happen by itself",
        );
    }
    Finding::ok("tls", what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Status;

    #[test]
    fn two_weeks_before_its_end_a_certificate_is_worth_a_warning() {
        assert_eq!(judge(14).status, Status::Ok);
        assert_eq!(judge(13).status, Status::Warning);
    }
}
