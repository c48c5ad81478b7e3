//! The bridge between a WebSocket and a VNC server, here one of a few lines that asks for a password and then
//! does what the test says; and, where it is installed, the real one.
mod carrying;
mod ends;
pub(crate) mod fake;
mod real;
