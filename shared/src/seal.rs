//! Sealing: what must be stored and told to somebody else later (a registry's password), unreadable without the installation's
//! key and of no use in another place. XChaCha20-Poly1305, a random nonce each time.

use crate::secrets::SecretKey;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

const NONCE: usize = 24;

impl SecretKey {
    /// Seals a text for one purpose and one owner (a host, a user's id). The sealed text tells its length, nothing else.
    #[must_use]
    pub fn seal(&self, purpose: &str, owner: &str, text: &str) -> String {
        let nonce: [u8; NONCE] = rand::random();
        let payload = Payload { msg: text.as_bytes(), aad: owner.as_bytes() };
        let sealed = self.cipher(purpose).encrypt(&XNonce::from(nonce), payload).unwrap_or_default();
        URL_SAFE_NO_PAD.encode([nonce.as_slice(), &sealed].concat())
    }

    /// Opens it again. None: it was sealed with another key, for another purpose or owner, or was changed.
    #[must_use]
    pub fn open(&self, purpose: &str, owner: &str, sealed: &str) -> Option<String> {
        let bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE>()?;
        let payload = Payload { msg: sealed, aad: owner.as_bytes() };
        String::from_utf8(self.cipher(purpose).decrypt(&XNonce::from(*nonce), payload).ok()?).ok()
    }

    fn cipher(&self, purpose: &str) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.derive("seal", &[purpose]).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_key_purpose_and_owner_open_it() {
        let key = SecretKey::new(&SecretKey::random_text()).unwrap();
        let other = SecretKey::new(&SecretKey::random_text()).unwrap();
        let sealed = key.seal("registry", "a.example", "pass wörd");
        assert_eq!(key.open("registry", "a.example", &sealed).as_deref(), Some("pass wörd"));
        assert_ne!(sealed, key.seal("registry", "a.example", "pass wörd"));
        assert_eq!(other.open("registry", "a.example", &sealed), None);
        assert_eq!(key.open("other", "a.example", &sealed), None);
        assert_eq!(key.open("registry", "b.example", &sealed), None);
        let mut changed = sealed.into_bytes();
        changed[40] = if changed[40] == b'A' { b'B' } else { b'A' };
        assert_eq!(key.open("registry", "a.example", &String::from_utf8(changed).unwrap()), None);
        assert_eq!(key.open("registry", "a.example", "short"), None);
    }
}
