//! Every name on `/metrics`, what it counts, and where its buckets end.
//!
//! Buckets lie close together where a promise is: a call of the api within 20 ms, an event within 100 ms, a start within seconds,
//! and reach as far as the longest time-out.

/// One name.
#[derive(Debug, Clone, Copy)]
pub struct Name {
    pub name: &'static str,
    pub help: &'static str,
    /// Only of histograms: upper ends in seconds.
    pub buckets: &'static [f64],
}

const CALLS: &[f64] =
    &[0.001, 0.0025, 0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
const EVENTS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
const WAITS: &[f64] = &[
    0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0,
    300.0, 600.0,
];
const STARTS: &[f64] = &[
    0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0, 5.0, 7.5, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 90.0,
    120.0, 180.0, 300.0, 600.0,
];
const JOBS: &[f64] =
    &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 600.0];
const ENGINE: &[f64] =
    &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 30.0, 60.0];

const fn plain(name: &'static str, help: &'static str) -> Name {
    Name { name, help, buckets: &[] }
}

const fn times(name: &'static str, buckets: &'static [f64], help: &'static str) -> Name {
    Name { name, help, buckets }
}

/// All of them.
pub const NAMES: &[Name] = &[
    plain("berth_build_info", "This process: its version and what it runs; always 1"),
    plain("berth_desktops", "Desktops by status, of the whole installation"),
    plain(
        "berth_jobs",
        "Jobs by kind and state, of the whole installation; available is what could run now; ended ones as long as they are kept",
    ),
    plain(
        "berth_job_oldest_wait_seconds",
        "How long the start has waited that waits longest now, of the whole installation",
    ),
    plain("berth_queue_paused", "1 while an administrator holds starts"),
    plain("berth_workers", "Workers that live, of the whole installation"),
    plain("berth_start_slots", "Start slots of a node, busy and free"),
    plain("berth_engine_up", "1 when the container engine of this node answers its workers"),
    plain("berth_drift", "Differences between records and engines that wait for a decision"),
    plain("berth_port_leases", "Host ports that belong to desktops, of the whole installation"),
    plain("berth_port_range_size", "Host ports that a node has for desktops"),
    plain("berth_node_port_leases", "Host ports of one node that belong to desktops or rest"),
    times("berth_job_wait_seconds", WAITS, "From when a job could run to when a worker took it"),
    times("berth_job_duration_seconds", JOBS, "One try of a job, from its claim to its end"),
    plain("berth_job_attempts_total", "Tries of jobs that ended, by how"),
    times("berth_start_seconds", STARTS, "From the click to a desktop that runs"),
    plain("berth_starts_denied_total", "Starts that were refused, by the code of the answer"),
    times("berth_event_delay_seconds", EVENTS, "From an event's being written to its being handed to streams"),
    plain(
        "berth_event_oldest_wait_seconds",
        "How long the event has waited that a transaction left open in PostgreSQL holds back, of the whole installation",
    ),
    plain("berth_page_errors_total", "Errors that pages told of"),
    plain("berth_sse_connections", "Streams of events that are open in this process"),
    plain("berth_stream_connections", "Viewers' connections that are open in this process"),
    plain("berth_db_pool_connections", "Database connections of this process, busy and idle"),
    plain("berth_db_pool_max", "Most database connections that this process may hold"),
    times("berth_docker_request_seconds", ENGINE, "Calls to the container engine, by call and outcome"),
    plain(
        "berth_docker_cpu_percent",
        "CPU of a node's desktops, and of its engine where that is local, in percent of one core",
    ),
    plain("berth_docker_memory_bytes", "Memory of a node's desktops, and of its engine where that is local"),
    plain(
        "berth_desktop_cpu_percent",
        "CPU of one desktop in percent of one core; with ?desktops on a worker's address only",
    ),
    plain("berth_desktop_memory_bytes", "Memory of one desktop; with ?desktops on a worker's address only"),
    plain(
        "berth_disk_free_bytes",
        "Room on the file system of the data folder, or of the engine's folder where it can be seen",
    ),
    plain("berth_disk_size_bytes", "Size of the same file system"),
    plain("http_requests_total", "Calls of HTTP that were answered"),
    times("http_request_duration_seconds", CALLS, "From a call to the head of its answer"),
    plain("process_cpu_seconds_total", "CPU time of this process"),
    plain("process_resident_memory_bytes", "Memory of this process"),
    plain("process_open_fds", "File descriptors that are open in this process"),
    plain("process_max_fds", "File descriptors that may be open in this process"),
    plain("process_threads", "Threads of this process"),
    plain("process_start_time_seconds", "When this process began, in seconds since 1970"),
];

/// Where the buckets of a histogram end.
#[must_use]
pub fn buckets(name: &str) -> &'static [f64] {
    NAMES.iter().find(|known| known.name == name).map_or(&[], |known| known.buckets)
}

#[cfg(test)]
mod tests {
    use super::NAMES;
    use std::collections::HashSet;

    #[test]
    fn names_are_said_once_and_buckets_grow() {
        let once: HashSet<_> = NAMES.iter().map(|name| name.name).collect();
        assert_eq!(once.len(), NAMES.len());
        for name in NAMES {
            assert!(name.buckets.windows(2).all(|two| two[0] < two[1]), "{}", name.name);
            assert_eq!(
                name.name.ends_with("_seconds") && !name.name.contains("oldest") && !name.name.contains("time_"),
                !name.buckets.is_empty(),
                "{}",
                name.name
            );
        }
    }
}
