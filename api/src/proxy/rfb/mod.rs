//! The Remote Framebuffer protocol (RFC 6143 and the extensions that noVNC speaks), as pure functions and small
//! state machines over bytes.

pub mod client;
pub mod handshake;
pub mod vnc_auth;

/// What we say to both sides, and the only version whose whole handshake we offer.
pub const VERSION: &[u8; 12] = b"RFB 003.008\n";
