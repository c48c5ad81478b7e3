//! The installation's one secret key, and everything that is derived from it.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::sync::Arc;

/// One key for the installation, the same in every api and worker. Never printed.
#[derive(Clone)]
pub struct SecretKey(Arc<[u8]>);

impl SecretKey {
    /// Fewest bytes of a key.
    pub const SHORTEST: usize = 32;

    /// Takes any text of at least [`Self::SHORTEST`] bytes.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let bytes = text.trim().as_bytes();
        (bytes.len() >= Self::SHORTEST).then(|| Self(bytes.into()))
    }

    /// A new key of 256 random bits, as text.
    #[must_use]
    pub fn random_text() -> String {
        URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
    }

    /// HMAC-SHA256 over the purpose and the parts, each with its length, so that no two inputs run together.
    #[must_use]
    pub fn derive(&self, purpose: &str, parts: &[&str]) -> [u8; 32] {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        for part in std::iter::once(&purpose).chain(parts) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac.finalize().into_bytes().into()
    }

    /// What is stored in the database so that a process with another key notices. Tells nothing of the key.
    #[must_use]
    pub fn check(&self) -> String {
        URL_SAFE_NO_PAD.encode(&self.derive("check", &[])[..12])
    }

    /// The VNC password of one generation of a desktop: 8 characters, which is all that `VncAuth` looks at.
    #[must_use]
    pub fn vnc_password(&self, desktop_id: &str, generation: i64) -> String {
        let bytes = self.derive("vnc", &[desktop_id, &generation.to_string()]);
        URL_SAFE_NO_PAD.encode(&bytes[..6])
    }
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::SecretKey;

    #[test]
    fn derived_secrets_differ_by_each_part() {
        let key = SecretKey::new(&SecretKey::random_text()).unwrap();
        assert_eq!(key.vnc_password("a", 1).len(), 8);
        assert_eq!(key.vnc_password("a", 1), key.vnc_password("a", 1));
        assert_ne!(key.vnc_password("a", 1), key.vnc_password("a", 2));
        assert_ne!(key.derive("x", &["ab", "c"]), key.derive("x", &["a", "bc"]));
        assert!(SecretKey::new("short").is_none());
    }
}
