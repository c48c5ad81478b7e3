//! Who calls: passwords, throttled log-ins, log-ins and their tokens, the cookies that carry them, programs' tokens, and the
//! callers that handlers ask for.

pub mod bearer;
pub mod caller;
pub mod cookies;
pub mod device;
pub mod password;
pub mod sessions;
pub mod throttle;
pub mod tokens;
