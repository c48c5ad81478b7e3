//! What the people at one desktop did, summed over its connections. The bridge adds; whoever keeps
//! `last_active_at` looks now and then whether there is more than before.
use std::sync::atomic::{AtomicU64, Ordering};

use super::rfb::client::Counts;

#[derive(Debug, Default)]
pub struct Meter {
    keys: AtomicU64,
    pointers: AtomicU64,
    clipboards: AtomicU64,
}

impl Meter {
    pub(super) fn add(&self, counts: Counts) {
        for (sum, more) in
            [(&self.keys, counts.keys), (&self.pointers, counts.pointers), (&self.clipboards, counts.clipboards)]
        {
            if more > 0 {
                sum.fetch_add(u64::from(more), Ordering::Relaxed);
            }
        }
    }

    /// Key, pointer and clipboard messages so far; grows whenever somebody does something.
    pub fn total(&self) -> u64 {
        [&self.keys, &self.pointers, &self.clipboards].iter().map(|sum| sum.load(Ordering::Relaxed)).sum()
    }
}
