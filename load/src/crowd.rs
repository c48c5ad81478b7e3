//! Everybody who is there: accounts that were made, and people who have arrived with them.

use futures_util::StreamExt as _;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

use crate::person::{Person, Terms};

/// Signing in costs the server a password's hash: more at once only wait for each other.
const ARRIVE_AT_ONCE: usize = 8;

pub(crate) struct Crowd {
    origins: Vec<String>,
    /// Name and password.
    accounts: Vec<(String, String)>,
    pub(crate) terms: Terms,
    here: Mutex<Vec<Arc<Person>>>,
    /// Everything is over when this is cancelled.
    pub(crate) end: CancellationToken,
    /// Share of the desktops that are typed at.
    viewers: f64,
    seed: u64,
}

impl Crowd {
    pub(crate) fn new(
        origins: Vec<String>,
        accounts: Vec<(String, String)>,
        terms: Terms,
        (viewers, seed): (f64, u64),
    ) -> Self {
        Self { origins, accounts, terms, here: Mutex::default(), end: CancellationToken::new(), viewers, seed }
    }

    pub(crate) fn size(&self) -> usize {
        self.accounts.len()
    }

    /// The n-th signs in and opens the page.
    pub(crate) async fn arrive(&self, n: usize) -> anyhow::Result<Arc<Person>> {
        let person = Arc::new(Person::arrive(&self.origins, n, self.accounts[n].clone(), &self.terms).await?);
        self.here.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&person));
        Ok(person)
    }

    /// All of them do, a few at a time.
    pub(crate) async fn all_arrive(&self) -> anyhow::Result<Vec<Arc<Person>>> {
        let arriving = futures_util::stream::iter(0..self.size()).map(|n| self.arrive(n));
        arriving.buffered(ARRIVE_AT_ONCE).collect::<Vec<_>>().await.into_iter().collect()
    }

    /// Whoever has arrived.
    pub(crate) fn here(&self) -> Vec<Arc<Person>> {
        self.here.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// They all close their pages.
    pub(crate) fn goes_home(&self) {
        self.end.cancel();
        self.here.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// What chance has in store for the n-th; the same for the same seed.
    pub(crate) fn dice(&self, n: usize) -> StdRng {
        StdRng::seed_from_u64(self.seed.wrapping_mul(1_000_003).wrapping_add(n as u64))
    }

    /// Whether a desktop is opened and typed at.
    pub(crate) fn is_opened(&self, dice: &mut StdRng) -> bool {
        dice.random_bool(self.viewers)
    }
}
