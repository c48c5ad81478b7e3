//! What must hold of every world once it is whole again. Pure: evidence in, findings out; [`breaks`](crate::breaks) proves that each
//! of them can find something.

mod engine;
mod events;
mod queue;
mod wishes;

use crate::evidence::{Evidence, Finding, finding};
use crate::shapes::UNNOTICED;

pub(crate) fn all(evidence: &Evidence) -> Vec<Finding> {
    let mut found = wishes::check(evidence);
    found.extend(queue::check(evidence));
    found.extend(engine::check(evidence));
    found.extend(events::check(evidence));
    // Behind nginx nobody may notice what an operator does every day.
    if evidence.shape.production && evidence.made.iter().all(|fault| UNNOTICED.contains(fault)) {
        found.extend(evidence.unanswered.iter().map(|call| finding("noticed", call)));
    }
    found.extend(evidence.noted.iter().map(|note| finding("noted", note)));
    found
}
