//! What surrounds every request: headers, CORS, the span of its log lines.

pub(crate) mod cors;
pub(crate) mod headers;
pub(crate) mod trace;
