//! The tables, the queue, the events and the lifecycle on both databases.

mod audit;
mod backup;
mod claims;
mod clock;
mod drift;
mod dropped;
mod events;
mod job_lists;
mod keeper;
mod lifecycle;
mod moves;
mod old;
mod pooler;
mod ports;
mod pulls;
mod queue;
mod redis;
mod schema;
mod steer;
