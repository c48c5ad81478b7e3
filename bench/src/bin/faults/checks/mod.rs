//! What must hold of every world once it is whole again. Pure: evidence in, findings out; [`breaks`](crate::breaks) proves that each
//! of them can find something.

mod engine;
mod events;
mod queue;
mod wishes;

use crate::evidence::{Evidence, Finding, finding};

pub(crate) fn all(evidence: &Evidence) -> Vec<Finding> {
    let mut found = wishes::check(evidence);
    found.extend(queue::check(evidence));
    found.extend(engine::check(evidence));
    found.extend(events::check(evidence));
    found.extend(evidence.noted.iter().map(|note| finding("noted", note)));
    found
}
