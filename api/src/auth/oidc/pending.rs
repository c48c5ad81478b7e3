//! What a browser takes along to the provider and back, sealed in a cookie: without it, or after ten minutes, an answer is
//! nobody's. So whoever sends another person a link with their own answer signs nobody in.
use std::time::Duration;

use berth_shared::{domain::time::Time, secrets::SecretKey};
use serde::{Deserialize, Serialize};

/// From the start to the answer.
pub const LASTS: Duration = Duration::from_secs(600);
/// Of the path to go on to: longer ones are not kept.
const LONGEST_PATH: usize = 1024;
const PURPOSE: &str = "oidc";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    pub provider: String,
    pub state: String,
    pub nonce: String,
    pub verifier: String,
    /// A path here.
    pub return_to: String,
    pub begun_at: Time,
}

impl Pending {
    /// As the cookie carries it.
    pub fn seal(&self, key: &SecretKey) -> String {
        key.seal(PURPOSE, "", &serde_json::to_string(self).unwrap_or_default())
    }

    /// What was sealed for this provider, if this is the answer to it and in time.
    pub fn answered(key: &SecretKey, sealed: &str, provider: &str, state: &str, now: Time) -> Option<Self> {
        let pending: Self = serde_json::from_str(&key.open(PURPOSE, "", sealed)?).ok()?;
        let fits = pending.provider == provider && pending.state == state && now.since(pending.begun_at) <= LASTS;
        fits.then_some(pending)
    }
}

/// A path of ours to go on to; anything that a browser could take for another site is the start page.
pub fn path_here(asked: Option<&str>) -> String {
    let is_here = |path: &&str| {
        path.starts_with('/')
            && !path.starts_with("//")
            && path.len() <= LONGEST_PATH
            && path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
    };
    asked.filter(is_here).unwrap_or("/").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_answer_to_it_fits() {
        let key = SecretKey::new(&SecretKey::random_text()).unwrap();
        let now = Time::of_this_process();
        let pending = Pending {
            provider: "corp".into(),
            state: "s".into(),
            nonce: "n".into(),
            verifier: "v".into(),
            return_to: "/desktops".into(),
            begun_at: now,
        };
        let sealed = pending.seal(&key);
        let at = |provider: &str, state: &str, now: Time| Pending::answered(&key, &sealed, provider, state, now);
        assert_eq!(at("corp", "s", now), Some(pending.clone()));
        assert_eq!(at("corp", "t", now), None);
        assert_eq!(at("other", "s", now), None);
        assert_eq!(at("corp", "s", now.plus(LASTS + Duration::from_secs(1))), None);
        assert_eq!(Pending::answered(&key, "garbage", "corp", "s", now), None);
    }

    #[test]
    fn nobody_is_sent_elsewhere() {
        for (asked, path) in [
            (Some("/desktops/x?y=1#z"), "/desktops/x?y=1#z"),
            (None, "/"),
            (Some(""), "/"),
            (Some("//evil.test"), "/"),
            (Some("/\\evil.test"), "/"),
            (Some("https://evil.test"), "/"),
            (Some("/a\r\nset-cookie: x"), "/"),
            (Some("/\tx"), "/"),
        ] {
            assert_eq!(path_here(asked), path, "{asked:?}");
        }
    }
}
