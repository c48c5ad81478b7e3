//! What is alike in each process: gauges of the whole installation, read from the database.
//!
//! Each process shows all of them, so whoever asks takes their maximum. What is not there is shown as 0, or a series that
//! ended would seem to go on.

use super::number;
use crate::store::figures::Whole;
use metrics::gauge;

/// Sets them all.
pub fn show(whole: &Whole) {
    for (status, n) in &whole.desktops {
        gauge!("berth_desktops", "status" => status.as_str()).set(number(*n));
    }
    for ((kind, state), n) in &whole.jobs {
        gauge!("berth_jobs", "kind" => kind.as_str(), "state" => state.as_str()).set(number(*n));
    }
    gauge!("berth_job_oldest_wait_seconds").set(whole.oldest_wait.as_secs_f64());
    gauge!("berth_event_oldest_wait_seconds").set(whole.oldest_event.as_secs_f64());
    gauge!("berth_queue_paused").set(yes(whole.paused));
    gauge!("berth_workers").set(number(whole.workers));
    gauge!("berth_port_leases").set(number(whole.port_leases));
    gauge!("berth_drift").set(number(whole.drift));
    for node in &whole.nodes {
        let slots = |state: &'static str| gauge!("berth_start_slots", "node" => node.id.clone(), "state" => state);
        slots("busy").set(number(node.slots_busy));
        slots("free").set(number((node.slots - node.slots_busy).max(0)));
        gauge!("berth_node_port_leases", "node" => node.id.clone()).set(number(node.ports));
        gauge!("berth_engine_up", "node" => node.id.clone()).set(yes(node.engine_up));
    }
}

const fn yes(it_is: bool) -> f64 {
    if it_is { 1.0 } else { 0.0 }
}
