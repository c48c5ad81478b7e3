//! Slows down guessing of passwords: counts failed log-ins by account *and* address, so that nobody can lock the
//! owner out from elsewhere, and by address alone, so that one host cannot go through all accounts.
//!
//! An attempt is counted when it begins and given back when it succeeds: a hundred at once get no further than a
//! hundred in turn. Each key is one number, the time at which its bucket is full again (GCRA).
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// A bucket: this many at once, then one each `per`.
#[derive(Debug, Clone, Copy)]
struct Rate {
    burst: u32,
    per: Duration,
}

/// Five wrong guesses, then one a minute.
const ONE_ACCOUNT: Rate = Rate { burst: 5, per: Duration::from_secs(60) };
/// An office behind one address mistypes more often.
const ONE_ADDRESS: Rate = Rate { burst: 60, per: Duration::from_secs(5) };
/// Above this many keys, those that are full again are forgotten.
const PRUNE_ABOVE: usize = 10_000;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Account(String, IpAddr),
    Address(IpAddr),
}

impl Key {
    fn rate(&self) -> Rate {
        match self {
            Self::Account(..) => ONE_ACCOUNT,
            Self::Address(_) => ONE_ADDRESS,
        }
    }
}

#[derive(Clone, Default)]
pub struct Throttle {
    full_again: Arc<Mutex<HashMap<Key, Instant>>>,
}

/// An attempt that counts as failed until it is said otherwise.
pub struct Attempt {
    throttle: Throttle,
    keys: [Key; 2],
}

impl Throttle {
    /// # Errors
    /// How long to wait, when too many have failed.
    pub fn begin(&self, username: &str, address: IpAddr) -> Result<Attempt, Duration> {
        self.begin_at(username, address, Instant::now())
    }

    fn begin_at(&self, username: &str, address: IpAddr, now: Instant) -> Result<Attempt, Duration> {
        let address = network(address);
        // No account has a longer name; what an attacker sends must not fill our memory.
        let account = username.chars().take(64).collect::<String>().to_lowercase();
        let keys = [Key::Account(account, address), Key::Address(address)];
        let mut map = self.full_again.lock().unwrap_or_else(PoisonError::into_inner);
        if map.len() > PRUNE_ABOVE {
            map.retain(|_, at| *at > now);
        }
        let longest = keys.iter().map(|key| wait(&map, key, now)).max().unwrap_or_default();
        if !longest.is_zero() {
            return Err(longest);
        }
        for key in &keys {
            let at = map.get(key).copied().unwrap_or(now).max(now);
            map.insert(key.clone(), at + key.rate().per);
        }
        Ok(Attempt { throttle: self.clone(), keys })
    }
}

impl Attempt {
    /// The password was right: the account's failures from here are forgotten.
    pub fn succeeded(self) {
        let mut map = self.throttle.full_again.lock().unwrap_or_else(PoisonError::into_inner);
        map.remove(&self.keys[0]);
        give_back(&mut map, &self.keys[1]);
    }

    /// Nothing was learned about the password, since something else went wrong.
    pub fn forgive(self) {
        let mut map = self.throttle.full_again.lock().unwrap_or_else(PoisonError::into_inner);
        self.keys.iter().for_each(|key| give_back(&mut map, key));
    }
}

fn give_back(map: &mut HashMap<Key, Instant>, key: &Key) {
    if let Some(at) = map.get_mut(key) {
        *at = at.checked_sub(key.rate().per).unwrap_or(*at);
    }
}

fn wait(map: &HashMap<Key, Instant>, key: &Key, now: Instant) -> Duration {
    let Rate { burst, per } = key.rate();
    let used = map.get(key).map_or(Duration::ZERO, |at| at.saturating_duration_since(now));
    used.saturating_sub(per * (burst - 1))
}

/// Who has an IPv6 address has the whole /64 below it.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & !u128::from(u64::MAX)).into()),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn the_sixth_wrong_guess_waits_and_only_there() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        for _ in 0..5 {
            throttle.begin_at("Ada", at("10.0.0.1"), now).unwrap();
        }
        assert_eq!(throttle.begin_at("ada", at("10.0.0.1"), now).err(), Some(Duration::from_secs(60)));
        assert!(throttle.begin_at("ada", at("10.0.0.2"), now).is_ok(), "the owner signs in from elsewhere");
        assert!(throttle.begin_at("bob", at("10.0.0.1"), now).is_ok());
        assert!(throttle.begin_at("ada", at("10.0.0.1"), now + Duration::from_secs(60)).is_ok());
        assert!(throttle.begin_at("ada", at("10.0.0.1"), now + Duration::from_secs(60)).is_err());
    }

    #[test]
    fn success_forgets_and_our_own_faults_do_not_count() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        for _ in 0..200 {
            throttle.begin_at("ada", at("10.0.0.1"), now).unwrap().forgive();
            throttle.begin_at("ada", at("10.0.0.1"), now).unwrap().succeeded();
        }
        for _ in 0..4 {
            throttle.begin_at("ada", at("10.0.0.1"), now).unwrap();
        }
        throttle.begin_at("ada", at("10.0.0.1"), now).unwrap().succeeded();
        assert!(throttle.begin_at("ada", at("10.0.0.1"), now).is_ok());
    }

    #[test]
    fn one_network_cannot_try_every_account() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        let tries =
            (0..100).map(|n| throttle.begin_at(&format!("user{n}"), at(&format!("2001:db8::{n:x}")), now).is_ok());
        assert_eq!(tries.filter(|ok| *ok).count(), 60);
        assert!(throttle.begin_at("user", at("2001:db8:0:1::1"), now).is_ok());
    }

    #[test]
    fn memory_is_given_back() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        for n in 0..=PRUNE_ABOVE as u32 {
            let _ = throttle.begin_at("ada", IpAddr::V4(n.into()), now);
        }
        let _ = throttle.begin_at("ada", at("10.0.0.1"), now + Duration::from_secs(3600));
        assert_eq!(throttle.full_again.lock().unwrap().len(), 2);
    }
}
