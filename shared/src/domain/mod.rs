//! The words of Berth and the rules between them, without any input or output.
//!
//! Start with [`transition`]: it decides what a request or a fact makes of a desktop. Next door: `lifecycle` writes
//! what was decided here.

pub mod audit;
pub mod backoff;
pub mod desktop;
pub mod drift;
pub mod image_ref;
pub mod job;
pub mod limits;
pub mod names;
pub mod steer;
pub mod template;
pub mod time;
pub mod token;
pub mod transition;
pub mod user;

use std::sync::{Mutex, PoisonError};

/// A new id: a ULID as text. Ids made later by this process sort later, also within one millisecond: a desktop's
/// history is read in their order.
#[must_use]
pub fn new_id() -> String {
    static LAST: Mutex<ulid::Generator> = Mutex::new(ulid::Generator::new());
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    last.generate().unwrap_or_else(|full| full.commit_overflow_increment()).to_string()
}

/// Makes a fieldless enum that is one lower-case word in SQL, in JSON and on the page.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $word:tt),+ $(,)? }) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
        $(#[$meta])*
        pub enum $name { $($(#[$vmeta])* #[serde(rename = $word)] $variant),+ }

        impl $name {
            /// Every variant, in the order of their declaration.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word that stands in the database and in JSON.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.as_str()) }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::domain::UnknownWord;
            fn try_from(word: String) -> Result<Self, Self::Error> {
                match word.as_str() {
                    $($word => Ok(Self::$variant),)+
                    _ => Err($crate::domain::UnknownWord { of: stringify!($name), word }),
                }
            }
        }
    };
}
pub(crate) use words;

/// A word in the database that this binary does not know: the row was written by a newer version.
#[derive(Debug, thiserror::Error)]
#[error("“{word}” is no {of} that this version of Berth knows; was the row written by a newer one?")]
pub struct UnknownWord {
    pub of: &'static str,
    pub word: String,
}

#[cfg(test)]
mod tests {
    use super::new_id;

    #[test]
    fn ids_sort_in_the_order_of_their_making() {
        let ids: Vec<String> = (0..10_000).map(|_| new_id()).collect();
        assert!(ids.is_sorted_by(|a, b| a < b));
    }
}
