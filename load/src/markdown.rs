//! A report as one reads it.

use std::collections::BTreeMap;

use crate::goal::time;
use crate::ledger::{Times, Wait};
use crate::report::Report;

impl Report {
    /// The whole report.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut parts = vec![self.head(), self.goals(), self.waits_table(), self.calls_table(), self.resources()];
        parts.extend([
            list("Failures", &self.failures),
            list("Refused", &self.refused),
            list("What starts waited for, in the queue's words", &self.reasons),
            self.left_behind(),
            self.broken(),
        ]);
        parts.retain(|part| !part.is_empty());
        format!("{}\n", parts.join("\n\n"))
    }

    fn head(&self) -> String {
        let count = |name: &str| self.counts[name].as_u64().unwrap_or_default();
        let verdict = match (self.interrupted, self.reached) {
            (true, _) => "**Interrupted**: its figures are of less than was asked for.",
            (false, true) => "**All goals were reached.**",
            (false, false) => "**Goals were missed.**",
        };
        let mut lines = vec![
            format!("# berth load {}", self.scenario),
            String::new(),
            format!("{}, {} s, Berth {}, {}.", self.begun_at, self.seconds.round(), self.version, self.place),
            format!("{}; the load generator runs on it too.", self.machine),
            format!(
                "{} users, {} desktops at most at once, {} start slots{}.",
                self.users,
                self.desktops,
                self.slots,
                self.port_range.as_ref().map(|range| format!(", ports {range}")).unwrap_or_default()
            ),
            String::new(),
            format!(
                "{} clicks, {} starts that ran, {} desktops at once at most, {} deleted; {:.1} starts a minute; {} events heard, {} \
                 missed, {} repeated; {} streams lost; {} keys typed, {:.1} MiB of pictures.",
                count("started"),
                count("ran"),
                count("most_running"),
                count("deleted"),
                self.starts_a_minute,
                count("events"),
                count("missed"),
                count("repeated"),
                count("streams_lost"),
                count("keys"),
                count("stream_bytes") as f64 / 1024.0 / 1024.0,
            ),
            String::new(),
            verdict.to_owned(),
        ];
        if let Some(seconds) = self.left_after_seconds {
            lines.push(format!("Everybody had left {seconds:.1} s after they were asked to."));
        }
        lines.join("\n")
    }

    fn goals(&self) -> String {
        let rows = self.verdicts.iter().zip(&self.goals).map(|(verdict, goal)| verdict.row(goal));
        table("Goals", "| goal | figure | aim | |\n| --- | --- | --- | --- |", rows)
    }

    fn waits_table(&self) -> String {
        let row = |wait: Wait| Some(format!("| {} | {} |", wait.words(), cells(self.book.waits.get(&wait)?)));
        table("Waits", &head("from → to"), Wait::ALL.into_iter().filter_map(row))
    }

    fn calls_table(&self) -> String {
        let rows = self.book.calls.iter().map(|(what, calls)| {
            let answers = calls.answers.iter().map(|(status, count)| match status {
                0 => format!("no answer {count} ×"),
                status => format!("{status} {count} ×"),
            });
            format!("| `{what}` | {} | {} |", cells(&calls.times), answers.collect::<Vec<_>>().join(", "))
        });
        let all = self.book.all_calls();
        let all = format!("| all | {} | |", cells(&all.times));
        let head = "| call | count | p50 | p95 | p99 | max | answers |\n| --- | --- | --- | --- | --- | --- | --- |";
        table("Calls of the api", head, rows.chain([all]))
    }

    fn resources(&self) -> String {
        let mib = |kib: u64| format!("{:.1}", kib as f64 / 1024.0);
        let rows = self.processes.iter().map(|used| {
            format!(
                "| {} | {:.1} | {:.1} % | {} / {} / {} | {} / {} | {} |",
                used.name,
                used.cpu_seconds,
                used.cpu_percent,
                mib(used.rss_begin_kib),
                mib(used.rss_most_kib),
                mib(used.rss_end_kib),
                used.files_most,
                used.files_end,
                used.threads_most,
            )
        });
        let head = "| process | CPU s | of a core, at work | resident MiB: begin / most / end | open files: most / end | threads |\n\
                    | --- | --- | --- | --- | --- | --- |";
        let mut text = table("Resources", head, rows);
        let machine = format!(
            "The whole machine: {:.2} CPU s a start; {:.0} MiB less memory available a desktop, load generator included.",
            self.machine_cpu_seconds_a_start, self.mib_a_desktop
        );
        if text.is_empty() {
            text = "## Resources\n\nNo process of Berth's could be looked at: they are elsewhere, or somebody else's."
                .to_owned();
        }
        let gauges = self.gauges.iter().map(|(name, most)| format!("- `{name}`: at most {most}"));
        let gauges: Vec<String> = gauges.collect();
        let gauges = if gauges.is_empty() { String::new() } else { format!("\n\n{}", gauges.join("\n")) };
        format!("{text}\n\n{machine}{gauges}")
    }

    fn left_behind(&self) -> String {
        let leaks = self.leaks.iter().map(|leak| format!("- {leak}"));
        match self.leaks.len() {
            0 => "## Left behind\n\nNothing.".to_owned(),
            _ => format!("## Left behind\n\n{}", leaks.collect::<Vec<_>>().join("\n")),
        }
    }

    fn broken(&self) -> String {
        let faults = self.faults.iter().map(|(at, words)| format!("| {at:.1} s | {words} |"));
        table("Broken meanwhile", "| at | what |\n| --- | --- |", faults)
    }

    /// The verdict in one line, for whoever reads no further.
    #[must_use]
    pub fn in_short(&self) -> String {
        let waits = self.book.wait(Wait::Running);
        let missed: Vec<&str> = self.verdicts.iter().filter(|verdict| !verdict.reached).map(|v| v.name).collect();
        let verdict = match (self.interrupted, missed.is_empty()) {
            (true, _) => "interrupted".to_owned(),
            (false, true) => "all goals reached".to_owned(),
            (false, false) => format!("missed: {}", missed.join(", ")),
        };
        format!(
            "{} starts, click → running p50 {} p95 {} max {}, {verdict}",
            self.counts["ran"],
            time(waits.ms(0.5)),
            time(waits.ms(0.95)),
            time(waits.ms(1.0)),
        )
    }
}

fn head(first: &str) -> String {
    format!("| {first} | count | p50 | p95 | p99 | max |\n| --- | --- | --- | --- | --- | --- |")
}

fn cells(times: &Times) -> String {
    let figures = [0.5, 0.95, 0.99, 1.0].map(|share| time(times.ms(share)));
    format!("{} | {}", times.count(), figures.join(" | "))
}

/// Nothing when there are no rows.
fn table(title: &str, head: &str, rows: impl Iterator<Item = String>) -> String {
    let rows: Vec<String> = rows.collect();
    if rows.is_empty() { String::new() } else { format!("## {title}\n\n{head}\n{}", rows.join("\n")) }
}

fn list(title: &str, counted: &BTreeMap<String, u64>) -> String {
    table(
        title,
        "| what | times |\n| --- | --- |",
        counted.iter().map(|(what, count)| format!("| {} | {count} |", what.replace('|', "\\|").replace('\n', " "))),
    )
}
