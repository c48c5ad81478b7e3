//! Who uses Berth: roles, and what a username may look like.

use super::words;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

words!(
    /// What somebody may do.
    Role {
        /// Own desktops only.
        User = "user",
        /// Also the queue, the workers and the operations pages.
        Operator = "operator",
        /// Also people and templates.
        Admin = "admin",
    }
);

impl Role {
    /// Who has a higher one may do more.
    #[must_use]
    pub const fn rank(self) -> u8 {
        match self {
            Self::User => 0,
            Self::Operator => 1,
            Self::Admin => 2,
        }
    }
}

/// A user as the api shows one to themself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = User)]
pub struct UserView {
    pub id: String,
    pub username: String,
    pub display_name: String,
    pub role: Role,
}

/// Checks a username and returns its key: two names with one key are the same user.
///
/// # Errors
/// In words, when it is not 1 to 64 of `a-z A-Z 0-9 . _ - @ +`, beginning with a letter or digit.
pub fn username_key(name: &str) -> Result<String, &'static str> {
    let fits = (1..=64).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-@+".contains(&b))
        && name.as_bytes()[0].is_ascii_alphanumeric();
    if fits {
        Ok(name.to_ascii_lowercase())
    } else {
        Err("a username has 1 to 64 letters (a-z), digits or . _ - @ + and begins with a letter or digit")
    }
}
