//! What surrounds every request: headers, CORS, limits, metrics, the span of its log lines.

pub(crate) mod cors;
pub(crate) mod headers;
pub(crate) mod limit;
pub(crate) mod measure;
pub(crate) mod trace;
