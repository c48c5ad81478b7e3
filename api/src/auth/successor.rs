//! What comes after a refresh token: made from it, not drawn. So a second tab, or a browser whose answer got lost, is given
//! the very same tokens again and no log-in splits in two; and nothing has to be kept that could be stolen: it takes the
//! installation's key *and* the token before to know the next.
use berth_shared::secrets::SecretKey;

use super::tokens::Token;

/// The session and refresh tokens that follow `refresh` in its log-in.
pub fn of(key: &SecretKey, session_id: &str, refresh: &Token) -> (Token, Token) {
    let next = |purpose: &str| Token::from_bytes(key.derive(purpose, &[session_id, refresh.reveal()]));
    (next("next session"), next("next refresh"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_token_has_the_same_successors_in_its_own_log_in_only() {
        let key = SecretKey::new(&SecretKey::random_text()).unwrap();
        let other = SecretKey::new(&SecretKey::random_text()).unwrap();
        let token = Token::generate();
        let (session, refresh) = of(&key, "a", &token);
        assert_eq!(of(&key, "a", &token), (session.clone(), refresh.clone()));
        assert_ne!(session, refresh);
        assert_ne!(of(&key, "b", &token).0, session);
        assert_ne!(of(&other, "a", &token).0, session);
        assert_ne!(of(&key, "a", &refresh).1, refresh);
    }
}
