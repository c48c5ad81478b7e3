//! Facts for the page: appended in the transaction of the change they tell of, fanned out to who listens, read again by
//! who was away. [`signals`] and [`fanout`] only wake; the table is the truth, so a lost notice costs milliseconds and no event.

mod fanout;
mod hub;
mod log;
mod redis_url;
mod signals;

pub use fanout::{Fanout, Whose};
pub use hub::{Heard, Hub, Listener, Room};
pub(crate) use log::held_since;
pub use log::{Kind, Position, StoredEvent, after, append, head, prune};
pub use redis_url::{RedisFault, ask_redis, check_redis_url};
pub use signals::Signals;
