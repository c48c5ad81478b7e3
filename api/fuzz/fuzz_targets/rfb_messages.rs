//! What a viewer sends once it is greeted: counted alike however it is cut, and never more than there can have been.
#![no_main]

use berth_api::proxy::rfb::client::{Counter, Counts};
use libfuzzer_sys::fuzz_target;

fn count(said: &[u8], size: usize) -> (Counts, bool) {
    let mut counter = Counter::default();
    let total = said.chunks(size).map(|part| counter.feed(part)).fold(Counts::default(), |sum, more| Counts {
        keys: sum.keys + more.keys,
        pointers: sum.pointers + more.pointers,
        clipboards: sum.clipboards + more.clipboards,
    });
    (total, counter.is_lost())
}

fuzz_target!(|data: &[u8]| {
    let Some((size, said)) = data.split_first() else { return };
    let whole = count(said, said.len().max(1));
    assert_eq!(count(said, usize::from(*size).max(1)), whole);
    let Counts { keys, pointers, clipboards } = whole.0;
    // Each counts once its kind is known: at its first byte, or later.
    assert!((keys + pointers + clipboards) as usize <= said.len());
});
