//! The runtime, and whole workers with their database, against a real Docker Engine with the real desktop image, and against the
//! pretended engine: what makes sense for both is one test that runs on both.
//!
//! Both must be there: without them these tests fail, they are not skipped. Each test is an installation of its own and takes everything
//! it made away again, also when it fails.

mod berth;
mod bridge;
mod conformance;
mod crashes;
mod differences;
mod drift;
mod drift_meanwhile;
mod engines;
mod events;
mod failures;
mod http;
mod hung;
mod life;
mod networks;
mod programs;
mod pulls;
mod recipe;
mod registry;
mod resume;
mod rig;
mod together;
mod whole;
