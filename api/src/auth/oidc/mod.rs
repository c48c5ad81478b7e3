//! Signing in with OpenID providers (OpenID Connect Core, code flow with PKCE). `pending` is what a browser takes along to the
//! provider and back; `provider` asks the provider; `person` is what it says about somebody; `account` makes them a user here.

pub mod account;
mod http;
pub mod pending;
pub mod person;
mod provider;

pub use provider::{Authorization, Provider, Providers};

use crate::problem::{ApiError, BoxError};

/// Why nobody was signed in. The page shows words for each code; what went wrong inside is in the log only.
#[derive(Debug, thiserror::Error)]
pub enum OidcError {
    /// Too late, from another browser, or for the second time.
    #[error("the way to the provider and back was too long, or not begun here")]
    Expired,
    /// By the person or by the provider.
    #[error("the provider did not let them in: {0}")]
    Refused(String),
    #[error("the provider cannot be reached")]
    Down(#[source] BoxError),
    #[error("{0} may not sign in here")]
    NotAllowed(String),
    #[error("the name {0} is another user's here")]
    UsernameTaken(String),
    /// The provider says what it must not, or is set up in another way than we are told.
    #[error("the provider's answer is of no use")]
    Failed(#[source] BoxError),
    #[error("it could not be written down")]
    Here(#[source] ApiError),
}

impl OidcError {
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Expired => "oidc_expired",
            Self::Refused(_) => "oidc_refused",
            Self::Down(_) => "oidc_down",
            Self::NotAllowed(_) => "oidc_not_allowed",
            Self::UsernameTaken(_) => "oidc_username_taken",
            Self::Failed(_) | Self::Here(_) => "oidc_failed",
        }
    }

    pub fn failed(source: impl Into<BoxError>) -> Self {
        Self::Failed(source.into())
    }
}

impl From<ApiError> for OidcError {
    fn from(error: ApiError) -> Self {
        Self::Here(error)
    }
}
