//! What the fuzz targets in `src/bin` stand on.
//!
//! A target gives one parser whatever bytes come, and claims something of what comes out: that a
//! redirect URI which matches is the registered one, that a token which is accepted is ours. A
//! claim that does not hold is a panic, and so is every arithmetic overflow; both end the run and
//! leave the input behind. `.ci/fuzz` builds and runs them all.
//!
//! Where a parser is no public function, its target includes the source file. Nothing is opened for
//! fuzzing alone.

mod forgetful;
pub mod home;
pub mod http;
pub mod refusal;
pub mod stage;
