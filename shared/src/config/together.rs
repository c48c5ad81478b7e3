//! Settings that are each fine and cannot work together, or hardly: each a fault or a warning that names both and says what
//! to do. Run when every setting was read, so that all faults are told at once.

use super::{Given, Settings, StartSlots};
use crate::queue::Class;
use humantime::format_duration as time;
use std::time::Duration;

/// Shorter, and a lease is over before it was renewed once and an engine call could be made under it.
const SHORTEST_LEASE: Duration = Duration::from_secs(2);
/// Below this an engine under load does not answer within what is left of a lease.
const SAFE_LEASE: Duration = Duration::from_secs(5);
const SHORTEST_BACKOFF: Duration = Duration::from_millis(10);
/// What a service manager waits before it kills: systemd's default.
const KILLED_AFTER: Duration = Duration::from_secs(90);
/// Connections that a process needs beside those of its jobs.
const CONNECTIONS_BESIDE: usize = 4;

impl Given {
    pub(super) fn together(&mut self, s: &Settings) {
        self.faults_together(s);
        self.warnings_together(s);
    }

    fn faults_together(&mut self, s: &Settings) {
        if s.lease_ttl < SHORTEST_LEASE {
            self.faults.push(format!(
                "BERTH_LEASE_TTL=“{}”: a lease is renewed every third of it, and must outlast two renewals and an engine \
                 call; make it at least {}",
                time(s.lease_ttl),
                time(SHORTEST_LEASE)
            ));
        }
        if s.job_backoff.0 < SHORTEST_BACKOFF {
            self.faults.push(format!(
                "BERTH_JOB_BACKOFF: with {} between tries, BERTH_JOB_MAX_ATTEMPTS={} are used up before anything can pass; \
                 make the shortest wait at least {}",
                time(s.job_backoff.0),
                s.job_max_attempts,
                time(SHORTEST_BACKOFF)
            ));
        }
        if s.keep_jobs <= s.start_timeout {
            self.faults.push(format!(
                "BERTH_KEEP_JOBS=“{}”: it is not longer than BERTH_START_TIMEOUT=“{}”, and how long a start takes is \
                 measured from finished jobs; keep them for a day at least",
                time(s.keep_jobs),
                time(s.start_timeout)
            ));
        }
    }

    fn warnings_together(&mut self, s: &Settings) {
        if (SHORTEST_LEASE..SAFE_LEASE).contains(&s.lease_ttl) {
            self.warnings.push(format!(
                "BERTH_LEASE_TTL is {}: no engine call may outlast it, so a busy engine will cut starts off; {} is safe",
                time(s.lease_ttl),
                time(SAFE_LEASE)
            ));
        }
        if s.start_timeout < SAFE_LEASE {
            self.warnings.push(format!(
                "BERTH_START_TIMEOUT is {}: few desktops are up by then, and each of BERTH_JOB_MAX_ATTEMPTS={} ends there",
                time(s.start_timeout),
                s.job_max_attempts
            ));
        }
        if s.shutdown_limit > KILLED_AFTER {
            self.warnings.push(format!(
                "BERTH_SHUTDOWN_LIMIT is {}: systemd kills after {}, Docker after 10s, unless told to wait longer; jobs that \
                 are cut off so wait out BERTH_LEASE_TTL={}",
                time(s.shutdown_limit),
                time(KILLED_AFTER),
                time(s.lease_ttl)
            ));
        }
        if s.redis_url.is_some() && self.text("database_url").is_none_or(|url| url.starts_with("sqlite:")) {
            self.warnings.push(
                "BERTH_REDIS_URL is set and not used: on SQLite there is one process, with nobody to tell; several share a \
                 PostgreSQL (BERTH_DATABASE_URL)"
                    .to_owned(),
            );
        }
        let most = usize::try_from(s.pool.max).unwrap_or(usize::MAX);
        if !self.text("database_url").is_none_or(|url| url.starts_with("sqlite:"))
            && most < s.worker_concurrency / 2 + CONNECTIONS_BESIDE
        {
            self.warnings.push(format!(
                "BERTH_DATABASE_POOL_MAX={most} is little for BERTH_WORKER_CONCURRENCY={}: jobs will wait for connections; \
                 allow {} or run fewer jobs at once",
                s.worker_concurrency,
                s.worker_concurrency / 2 + CONNECTIONS_BESIDE
            ));
        }
        if let StartSlots::Fixed(slots) = s.starts_per_host {
            let permits = Class::Starts.permits(i64::try_from(s.worker_concurrency).unwrap_or(i64::MAX));
            if slots > permits {
                self.warnings.push(format!(
                    "BERTH_STARTS_PER_HOST={slots}: one worker process with BERTH_WORKER_CONCURRENCY={} starts at most \
                     {permits} at once; raise the latter, or run more workers on this host",
                    s.worker_concurrency
                ));
            }
            let ports = i64::from(s.ports.last - s.ports.first) + 1;
            if slots > ports {
                self.warnings.push(format!(
                    "BERTH_STARTS_PER_HOST={slots}, but BERTH_PORT_RANGE has {ports} ports: starts will wait for a port"
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Settings, flags};

    fn read(given: &[&str]) -> Result<Settings, Vec<String>> {
        let all = std::iter::once("berth").chain(given.iter().copied());
        Settings::read(&flags(clap::Command::new("berth")).try_get_matches_from(all).expect("flags"))
    }

    #[test]
    fn what_cannot_work_together_is_told_at_once_and_names_both() {
        let faults = read(&["--lease-ttl=1500ms", "--job-backoff=0s..1s", "--keep-jobs=60s"]).expect_err("faults");
        assert_eq!(faults.len(), 3, "{faults:#?}");
        for (fault, names) in faults.iter().zip([
            ["BERTH_LEASE_TTL", "at least 2s"],
            ["BERTH_JOB_BACKOFF", "BERTH_JOB_MAX_ATTEMPTS"],
            ["BERTH_KEEP_JOBS", "BERTH_START_TIMEOUT"],
        ]) {
            assert!(names.iter().all(|name| fault.contains(name)), "{fault}");
        }
        let backwards =
            read(&["--job-backoff=2s..1s", "--worker-concurrency=1", "--lease-ttl=1s"]).expect_err("faults");
        assert_eq!(backwards.len(), 3, "{backwards:#?}");
    }

    #[test]
    fn urls_that_are_half_wrong_are_told_without_their_passwords() {
        let urls = [
            ("--database-url=mysql://u:hidden@h/d", "BERTH_DATABASE_URL"),
            ("--database-url=postgres://u:hidden@h", "names no database"),
            ("--database-url=postgres:///", "names no database"),
            ("--database-url=postgres://u:hidden@h:port/d", "BERTH_DATABASE_URL"),
            ("--database-url=postgres://u:hidden@h/d?sslmode=maybe", "BERTH_DATABASE_URL"),
            ("--database-url=sqlite://", "BERTH_DATABASE_URL"),
            ("--redis-url=postgres://u:hidden@h/d", "BERTH_REDIS_URL"),
            ("--redis-url=redis://u:hidden@", "names no host"),
        ];
        for (flag, named) in urls {
            let faults = read(&[flag]).expect_err(flag);
            assert_eq!(faults.len(), 1, "{flag}: {faults:#?}");
            assert!(faults[0].contains(named) && !faults[0].contains("hidden"), "{flag}: {}", faults[0]);
        }
        let unused = read(&["--redis-url=redis://h"]).expect("a warning only");
        assert!(unused.warnings.iter().any(|warning| warning.contains("BERTH_REDIS_URL")), "{:?}", unused.warnings);
    }

    #[test]
    fn what_hardly_works_is_a_warning() {
        let unusual = [
            "--lease-ttl=2s",
            "--start-timeout=3s",
            "--shutdown-limit=2m",
            "--starts-per-host=30",
            "--port-range=7000-7009",
            "--database-url=postgres://db/berth",
            "--database-pool-max=8",
            "--database-pool-min=0",
        ];
        let warned = |settings: &Settings| settings.warnings.iter().filter(|w| w.contains("BERTH_")).count();
        let usual = warned(&read(&[]).expect("defaults work"));
        let settings = read(&unusual).expect("it works, hardly");
        assert_eq!(warned(&settings), usual + 6, "{:#?}", settings.warnings);
    }
}
