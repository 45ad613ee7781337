//! Loads the certificate of the listener again when its files change, and says when it is about
//! to expire.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use keywright_core::error::Error;
use keywright_core::provider::Provider;
use keywright_core::time::{Seconds, Timestamp};
use keywright_http::ServerCertificate;

pub(super) const EVERY: Duration = Duration::from_secs(2);

/// From here on the log says that the certificate expires.
const SHORT: Seconds = Seconds::days(14);

/// How often it says so.
const REMINDER: Seconds = Seconds::days(1);

/// Watches over one certificate.
pub(super) struct Watch {
    certificate: Arc<ServerCertificate>,
    warned: AtomicI64,
}

impl Watch {
    pub(super) fn new(certificate: Arc<ServerCertificate>) -> Self {
        Self { certificate, warned: AtomicI64::new(0) }
    }

    pub(super) fn run(&self, provider: &Provider) -> Result<(), Error> {
        let now = provider.now();
        let reloaded = self.certificate.reload();
        if let Ok(true) = reloaded {
            tracing::info!("the TLS certificate was replaced");
            self.warned.store(0, Ordering::Relaxed);
        }
        self.warn(now);
        let kept = "the old certificate stays in use";
        reloaded.map(drop).map_err(|error| Error::Internal(format!("{error}; {kept}")))
    }

    fn warn(&self, now: Timestamp) {
        let left = self.certificate.expires().since(now);
        let last = Timestamp(self.warned.load(Ordering::Relaxed));
        if left > SHORT || now.since(last) < REMINDER {
            return;
        }
        self.warned.store(now.0, Ordering::Relaxed);
        if left > Seconds::ZERO {
            tracing::warn!("the TLS certificate expires in {} days", left.0 / 86_400);
        } else {
            tracing::error!("the TLS certificate has expired: clients refuse to connect");
        }
    }
}
