//! Rows in bulk, in SQL that both databases understand: as many desktops as a large installation has, and their jobs.

/// Which rows there are to be.
pub(crate) struct Crowd {
    /// Desktops, all stopped but those that wait; each belongs to one of `users`.
    pub(crate) desktops: usize,
    pub(crate) users: usize,
    /// The first so many desktops have a job that waits.
    pub(crate) waiting: usize,
    pub(crate) waiting_kind: &'static str,
    /// Jobs that ended, spread over all desktops, the last of them just now, one a second.
    pub(crate) finished: usize,
}

impl Crowd {
    /// Desktop number `n`, from 1.
    pub(crate) fn desktop(n: usize) -> String {
        format!("desktop-{}", BASE + n)
    }

    pub(crate) fn user(n: usize) -> String {
        format!("crowd-{}", BASE + n)
    }

    pub(crate) fn sql(&self, now_us: i64) -> String {
        let Self { desktops, users, waiting, waiting_kind, finished } = *self;
        let (priority, status, desired) =
            if waiting_kind == "desktop.create" { (1, "queued", "running") } else { (0, "stopped", "stopped") };
        let begun_us = now_us - (finished + waiting) as i64 * 1_000_000;
        let numbers = |count: usize| {
            format!("WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < {count})")
        };
        let owner = format!("'crowd-' || ({BASE} + 1 + i % {users})");
        let mut sql = format!(
            "INSERT INTO templates (id, name, name_key, description, icon, kind, image, container_port, memory_mib, \
             cpu_millis, pids, shm_mib, position, is_default, created_at) \
             VALUES ('crowd', 'Crowd', 'crowd', '', 'terminal', 'vnc', 'none', 5900, 512, 1000, 256, 64, 9, false, 0);\n\
             {} INSERT INTO users (id, username, username_key, display_name, role, created_at) \
             SELECT 'crowd-' || ({BASE} + i), 'crowd' || i, 'crowd' || i, 'Crowd', 'user', 0 FROM n;\n\
             {} INSERT INTO desktops (id, owner_id, template_id, name, status, desired, version, generation, crashes, \
             attempt, max_attempts, created_at) SELECT 'desktop-' || ({BASE} + i), {owner}, 'crowd', 'Desktop ' || i, \
             CASE WHEN i <= {waiting} THEN '{status}' ELSE 'stopped' END, \
             CASE WHEN i <= {waiting} THEN '{desired}' ELSE 'stopped' END, 1, 1, 0, 0, 8, {begun_us} + i FROM n;\n",
            numbers(users),
            numbers(desktops),
        );
        if finished > 0 {
            sql += &format!(
                "{} INSERT INTO jobs (id, kind, desktop_id, user_id, generation, state, priority, rank, attempt, \
                 max_attempts, claims, run_at, node_id, worker_id, created_at, started_at, finished_at) \
                 SELECT 'done-' || ({BASE} + i), 'desktop.create', 'desktop-' || ({BASE} + 1 + i % {desktops}), {owner}, 1, \
                 CASE WHEN i % 50 = 0 THEN 'discarded' WHEN i % 20 = 0 THEN 'cancelled' ELSE 'completed' END, 1, i, 1, 8, 1, \
                 {begun_us} + i * 1000000, 'bench', 'bench-1', {begun_us} + i * 1000000, {begun_us} + i * 1000000 + 1000, \
                 {begun_us} + i * 1000000 + 500000 FROM n;\n\
                 INSERT INTO attempts (job_id, n, worker_id, started_at, ended_at, outcome) \
                 SELECT id, 1, worker_id, started_at, finished_at, \
                 CASE state WHEN 'completed' THEN 'done' WHEN 'cancelled' THEN 'cancelled' ELSE 'failed' END FROM jobs;\n",
                numbers(finished),
            );
        }
        if waiting > 0 {
            sql += &format!(
                "{} INSERT INTO jobs (id, kind, desktop_id, user_id, generation, state, priority, rank, attempt, \
                 max_attempts, claims, run_at, created_at) SELECT 'wait-' || ({BASE} + i), '{waiting_kind}', \
                 'desktop-' || ({BASE} + i), {owner}, 1, 'available', {priority}, {rank}, 0, 8, 0, \
                 {now_us} - {waiting} + i, {now_us} - {waiting} + i FROM n;\n",
                numbers(waiting),
                rank = if priority == 1 { format!("{finished} + i / {users}") } else { "0".to_owned() },
            );
        }
        // A database that has run for long knows its tables; one just filled does not.
        sql + "ANALYZE;\n"
    }
}

/// So that ids sort as their numbers do.
const BASE: usize = 100_000_000;
