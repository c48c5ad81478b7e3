//! Hashes and checks passwords with argon2id, one after another on a thread of their own: each costs 7 MiB and some 25 ms
//! of a core. The thread keeps its 7 MiB from one to the next, and gives them back when no other comes.
use std::sync::mpsc;
use std::time::Duration;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, Version};
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

type Work = Box<dyn FnOnce(&mut Memory) + Send>;

/// What a hash is made in.
type Memory = Vec<Block>;

/// How long the thread keeps it for the next.
const KEPT: Duration = Duration::from_secs(1);

/// Room is asked for in one piece of this size, of which only what a hash touches is ever there: what is larger than 32 MiB, the
/// system's allocator takes from the system and gives back to it; smaller pieces stay with it, and the next is laid beside the last.
const PIECE: usize = 33 * 1024 * 1024 / Block::SIZE;

#[derive(Clone)]
pub struct Passwords {
    thread: mpsc::Sender<Work>,
}

impl Default for Passwords {
    fn default() -> Self {
        let (thread, work) = mpsc::channel::<Work>();
        // It ends with the last sender.
        std::thread::spawn(move || {
            while let Ok(first) = work.recv() {
                let mut memory = Memory::new();
                first(&mut memory);
                while let Ok(next) = work.recv_timeout(KEPT) {
                    next(&mut memory);
                }
            }
        });
        Self { thread }
    }
}

impl Passwords {
    /// # Errors
    /// `Internal` when the hash cannot be made.
    pub async fn hash(&self, password: String) -> Result<String, ApiError> {
        self.apart(move |memory| hash_in(memory, &password)).await?
    }

    /// Whether `password` is the one behind `hash`; false for a user without one, in the same time.
    ///
    /// # Errors
    /// `Internal` when the stored hash is not readable.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, ApiError> {
        self.apart(move |memory| {
            let known = hash.is_some();
            let same = is_of(memory, &password, hash.as_deref().unwrap_or(NOBODY));
            Ok(same.map_err(|why| ApiError::internal(format!("stored hash: {why}")))? && known)
        })
        .await?
    }

    async fn apart<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let (answer, done) = oneshot::channel();
        // Nobody listens when the caller has hung up meanwhile.
        let work = Box::new(move |memory: &mut Memory| drop(answer.send(work(memory))));
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
    hash_in(&mut Memory::new(), password)
}

fn hash_in(memory: &mut Memory, password: &str) -> Result<String, ApiError> {
    let mut make = || {
        let (params, salt) = (Params::new(MEMORY_KIB, PASSES, 1, None)?, Salt::generate());
        let hash = derived(memory, &params, password, &salt, Params::DEFAULT_OUTPUT_LEN)?;
        let params = ParamsString::try_from(&params)?;
        let version = Some(Version::V0x13.into());
        Ok(PasswordHash { algorithm: ARGON2ID_IDENT, version, params, salt: Some(salt), hash: Some(hash) }.to_string())
    };
    make().map_err(|why: Unhashed| ApiError::internal(why.to_string()))
}

/// Whether a hash is this password's.
fn is_of(memory: &mut Memory, password: &str, hash: &str) -> Result<bool, Unhashed> {
    let stored = PasswordHash::new(hash)?;
    let (Some(salt), Some(hash)) = (stored.salt, stored.hash) else { return Err("no salt or no hash".into()) };
    if stored.algorithm != ARGON2ID_IDENT || stored.version != Some(Version::V0x13.into()) {
        return Err("not argon2id, version 19".into());
    }
    // In the same time, wherever the first difference is.
    Ok(derived(memory, &Params::try_from(&stored)?, password, &salt, hash.len())? == hash)
}

type Unhashed = Box<dyn std::error::Error + Send + Sync>;

fn derived(
    memory: &mut Memory,
    params: &Params,
    password: &str,
    salt: &[u8],
    length: usize,
) -> Result<Output, Unhashed> {
    if memory.len() < params.block_count() {
        memory.reserve_exact(PIECE.saturating_sub(memory.len()));
        memory.resize(params.block_count(), Block::new());
    }
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
    let mut hash = [0; Output::MAX_LENGTH];
    let hash = hash.get_mut(..length).ok_or("too long")?;
    argon.hash_password_into_with_memory(password.as_bytes(), salt, hash, memory)?;
    Ok(Output::new(hash)?)
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
    fn the_library_itself_knows_our_hashes_and_we_its() {
        use argon2::{PasswordHasher as _, PasswordVerifier as _};
        let ours = hash("correct horse").unwrap();
        assert!(Argon2::default().verify_password(b"correct horse", ours.as_str()).is_ok());
        let theirs = Argon2::default().hash_password(b"correct horse").unwrap().to_string();
        let memory = &mut Memory::new();
        assert!(is_of(memory, "correct horse", &theirs).unwrap());
        assert!(!is_of(memory, "correct hose", &theirs).unwrap());
        // With less memory, in what the larger one has left behind.
        assert!(is_of(memory, "correct horse", &ours).unwrap());
        assert!(
            is_of(
                memory,
                "x",
                "$argon2i$v=19$m=7168,t=5,p=1$c29tZSByYW5kb20gc2FsdA$mM+5fmuTXYYXAzzBYVkDjR5v0bK7QJRHjBsfvJi2qGg"
            )
            .is_err()
        );
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
