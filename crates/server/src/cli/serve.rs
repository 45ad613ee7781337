//! `keywright serve`.

use std::collections::BTreeMap;

use clap::Args;

use crate::config::Config;
use crate::failure::Failure;
use crate::{telemetry, wire};

#[derive(Debug, Args)]
pub(super) struct Flags {
    /// Where to listen: address:port; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// The URL under which browsers and clients reach the server
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,
}

impl Flags {
    /// The options that were given.
    pub(super) fn options(&self) -> BTreeMap<&'static str, String> {
        let given = [("listen", &self.listen), ("issuer", &self.issuer)];
        given.into_iter().filter_map(|(key, value)| Some((key, value.clone()?))).collect()
    }
}

/// Serves until a signal ends it.
pub(super) fn run(config: &Config) -> Result<(), Failure> {
    let _telemetry = telemetry::start(&config.log)?;
    wire::serve(config)
}
