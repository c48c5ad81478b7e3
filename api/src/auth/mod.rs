//! Who calls: passwords, second factors and OpenID providers, throttled log-ins, log-ins and their tokens, the cookies that
//! carry them, programs' tokens, and the callers that handlers ask for.

pub mod bearer;
pub mod cache;
pub mod caller;
pub mod cookies;
pub mod device;
pub mod oidc;
pub mod password;
pub mod sessions;
pub mod successor;
pub mod throttle;
pub mod tokens;
pub mod two_factor;
