//! What surrounds requests: headers, CORS, limits, metrics, the span of their log lines.

pub(crate) mod cors;
pub(crate) mod every_request;
mod headers;
pub(crate) mod limit;
pub(crate) mod trace;
