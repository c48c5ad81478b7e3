//! Hashes and checks passwords with argon2id, one after another on a thread of their own: each costs 7 MiB and some 25 ms
//! of a core. One thread, because the system's allocator keeps what a thread has once used.
use std::sync::mpsc;

use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version, password_hash::phc::PasswordHash};
use tokio::sync::oneshot;

use crate::problem::{ApiError, FieldError};

/// OWASP's recommendation for argon2id with the least memory; they are of equal strength.
const MEMORY_KIB: u32 = 7 * 1024;
const PASSES: u32 = 5;

/// In characters.
pub const SHORTEST: usize = 10;
pub const LONGEST: usize = 256;

/// Of a random password nobody knows: what an unknown user's is checked against, so that it takes as long.
const NOBODY: &str = "$argon2id$v=19$m=7168,t=5,p=1$c29tZSByYW5kb20gc2FsdA$mM+5fmuTXYYXAzzBYVkDjR5v0bK7QJRHjBsfvJi2qGg";

type Work = Box<dyn FnOnce() + Send>;

#[derive(Clone)]
pub struct Passwords {
    thread: mpsc::Sender<Work>,
}

impl Default for Passwords {
    fn default() -> Self {
        let (thread, work) = mpsc::channel::<Work>();
        // It ends with the last sender.
        std::thread::spawn(move || work.into_iter().for_each(|work| work()));
        Self { thread }
    }
}

impl Passwords {
    /// # Errors
    /// `Internal` when the hash cannot be made.
    pub async fn hash(&self, password: String) -> Result<String, ApiError> {
        self.apart(move || hash(&password)).await?
    }

    /// Whether `password` is the one behind `hash`; false for a user without one, in the same time.
    ///
    /// # Errors
    /// `Internal` when the stored hash is not readable.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, ApiError> {
        self.apart(move || {
            let known = hash.is_some();
            let text = hash.as_deref().unwrap_or(NOBODY);
            let parsed = PasswordHash::new(text).map_err(|e| ApiError::internal(format!("stored hash: {e}")))?;
            Ok(argon()?.verify_password(password.as_bytes(), &parsed).is_ok() && known)
        })
        .await?
    }

    async fn apart<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, ApiError> {
        let (answer, done) = oneshot::channel();
        // Nobody listens when the caller has hung up meanwhile.
        let work = Box::new(move || drop(answer.send(work())));
        self.thread.send(work).map_err(|_| ApiError::internal("the password thread has ended"))?;
        done.await.map_err(ApiError::internal)
    }
}

/// Passwords that a guesser who knows people would come to within a million tries are refused: zxcvbn's list of the 30 000
/// commonest, names and words, and what is made of them by turns that everybody knows (Passw0rd123).
const GUESSED: zxcvbn::Score = zxcvbn::Score::One;

/// What is wrong with a password that somebody wants to set.
pub fn fault(field: &str, password: &str, username: &str) -> Option<FieldError> {
    let length = password.chars().count();
    let message = if length < SHORTEST {
        format!("needs at least {SHORTEST} characters")
    } else if length > LONGEST {
        format!("has more than {LONGEST} characters")
    } else if password.to_lowercase() == username.to_lowercase() {
        "must not be the user name".to_owned()
    } else if password.chars().all(|c| password.starts_with(c)) {
        "must not be one character repeated".to_owned()
    } else if zxcvbn::zxcvbn(password, &[username, "berth"]).score() <= GUESSED {
        "is one of those that are guessed first".to_owned()
    } else {
        return None;
    };
    Some(FieldError { field: field.to_owned(), message })
}

/// The plain work, for who is not in a request (the first administrator, the `admin` commands).
pub fn hash(password: &str) -> Result<String, ApiError> {
    let hash = argon()?.hash_password(password.as_bytes()).map_err(|e| ApiError::internal(e.to_string()))?;
    Ok(hash.to_string())
}

fn argon() -> Result<Argon2<'static>, ApiError> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).map_err(|e| ApiError::internal(e.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_known_again() {
        let passwords = Passwords::default();
        let hash = passwords.hash("correct horse".to_owned()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=7168,t=5,p=1$"), "{hash}");
        assert!(passwords.verify("correct horse".to_owned(), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify("correct hose".to_owned(), Some(hash)).await.unwrap());
        assert!(!passwords.verify("anything".to_owned(), None).await.unwrap());
    }

    #[test]
    fn nobodys_hash_costs_as_much() {
        let nobody = PasswordHash::new(NOBODY).unwrap();
        let ours = hash("x").unwrap();
        let ours = PasswordHash::new(&ours).unwrap();
        assert_eq!(nobody.params, ours.params);
        assert_eq!(nobody.hash.unwrap().len(), ours.hash.unwrap().len());
    }

    #[test]
    fn rules() {
        let message = |p: &str| fault("password", p, "Alexandra1").map(|f| f.message);
        assert_eq!(message("short"), Some("needs at least 10 characters".to_owned()));
        assert_eq!(message(&"é1".repeat(129)), Some("has more than 256 characters".to_owned()));
        assert_eq!(message("alexandra1"), Some("must not be the user name".to_owned()));
        assert_eq!(message("aaaaaaaaaaaa"), Some("must not be one character repeated".to_owned()));
        for common in
            ["password123", "1234567890", "qwertyuiop", "Passw0rd123", "iloveyou123", "alexandra12", "abcabcabcabc"]
        {
            assert_eq!(message(common), Some("is one of those that are guessed first".to_owned()), "{common}");
        }
        for good in ["πέντε δέκα", "correct horse", "a new password", "a-password-for-tests", "tV7k-pw2Qxz"] {
            assert_eq!(message(good), None, "{good}");
        }
    }
}
