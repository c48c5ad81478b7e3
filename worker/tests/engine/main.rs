//! The runtime, and whole workers with their database, against a real Docker Engine with the real desktop image.
//!
//! Both must be there: without them these tests fail, they are not skipped. Each test is an installation of its own and takes everything
//! it made away again, also when it fails.

mod berth;
mod bridge;
mod crashes;
mod events;
mod failures;
mod life;
mod networks;
mod resume;
mod rig;
mod together;
mod whole;
