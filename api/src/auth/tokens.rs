//! Random tokens for sessions and refreshing. The database keeps only their SHA-256, so a stolen copy of it
//! opens nothing; they are random enough that no slow hash is needed.
use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// Characters of a token: 256 bits as base64url.
const LENGTH: usize = 43;

/// A secret that a cookie carries. Does not print itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    pub fn generate() -> Self {
        Self::from_bytes(rand::random())
    }

    /// A token of bytes that nobody can guess.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// None for what cannot be a token, so that garbage costs no query.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = text.len() == LENGTH && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        fits.then(|| Self(text.to_owned()))
    }

    /// What is stored and looked up.
    pub fn hash(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(&self.0))
    }

    /// The secret itself, for the cookie.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_random_and_round() {
        let (a, b) = (Token::generate(), Token::generate());
        assert_ne!(a, b);
        assert_eq!(Token::parse(a.reveal()), Some(a.clone()));
        assert_eq!(a.hash().len(), LENGTH);
        assert_ne!(a.hash(), a.reveal());
        assert_eq!(format!("{a:?}"), "Token(…)");
        for garbage in ["", "short", &"é".repeat(LENGTH), &"=".repeat(LENGTH)] {
            assert_eq!(Token::parse(garbage), None);
        }
    }
}
