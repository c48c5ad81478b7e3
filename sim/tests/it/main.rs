//! The pretended engine by itself: its faults, its journal over a kill, its screen. That it answers as Docker does is held by the worker's
//! conformance suite.

mod alone;
mod faults;
mod restart;
mod rig;
mod screen;
mod streams;
