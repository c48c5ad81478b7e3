//! The tables, the queue, the events and the lifecycle on both databases.

mod drift;
mod dropped;
mod events;
mod lifecycle;
mod ports;
mod queue;
