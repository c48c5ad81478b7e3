//! The tables, the queue, the events and the lifecycle on both databases.

mod claims;
mod clock;
mod drift;
mod dropped;
mod events;
mod keeper;
mod job_lists;
mod lifecycle;
mod old;
mod ports;
mod queue;
mod steer;
