//! Facts for the page: appended in the transaction of the change they tell of, fanned out to who listens, read again by
//! who was away. [`signals`] only wakes; the table is the truth, so a lost notice costs milliseconds and no event.

mod hub;
mod log;
mod signals;

pub use hub::{Heard, Hub, Listener, Room};
pub use log::{Kind, Position, StoredEvent, after, append, head, prune};
pub use signals::Signals;
