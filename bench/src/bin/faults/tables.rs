//! What the database has, read by the databases' own programs: the checker shares no code with what it checks.

use anyhow::{Context as _, ensure};
use serde_json::{Map, Value};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::postgres::Postgres;

#[derive(Clone)]
pub(crate) enum Database {
    Sqlite(PathBuf),
    Postgres(Arc<Postgres>),
}

const READ: &[(&str, &str)] = &[
    ("installation", "SELECT * FROM installation"),
    ("users", "SELECT id, username FROM users"),
    ("desktops", "SELECT * FROM desktops ORDER BY id"),
    ("jobs", "SELECT * FROM jobs ORDER BY id"),
    ("attempts", "SELECT * FROM attempts ORDER BY job_id, n"),
    ("start_slots", "SELECT * FROM start_slots"),
    ("port_leases", "SELECT * FROM port_leases"),
    ("starts", "SELECT * FROM starts"),
    // The order in which they were written: the clock may have been moved in between.
    ("history", "SELECT * FROM history ORDER BY {written}"),
    ("events", "SELECT * FROM events ORDER BY xid, id"),
];

/// Every table that the checker looks at, of one moment.
pub(crate) type Tables = Map<String, Value>;

impl Database {
    pub(crate) async fn tables(&self) -> anyhow::Result<Tables> {
        match self {
            Self::Postgres(server) => {
                let selects: Vec<String> = READ
                    .iter()
                    .map(|(_, select)| select.replace("{written}", "xmin::text::bigint, at, id"))
                    .map(|select| format!("SELECT coalesce(json_agg(t), '[]')::jsonb FROM ({select}) t;"))
                    .collect();
                let sql = format!("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {} COMMIT", selects.join(" "));
                let said = server.ask("berth", &sql).await?;
                parse(said.lines().map(str::to_owned))
            }
            Self::Sqlite(_) => {
                let selects: Vec<String> = READ
                    .iter()
                    .map(|(_, select)| select.replace("{written}", "rowid"))
                    .map(|select| format!("{select};\n.print \"\u{1}\"\n"))
                    .collect();
                let said = self.sqlite(&format!(".mode json\nBEGIN;\n{}COMMIT;\n", selects.concat())).await?;
                parse(said.split('\u{1}').take(READ.len()).map(|rows| match rows.trim() {
                    "" => "[]".to_owned(),
                    rows => rows.to_owned(),
                }))
            }
        }
    }

    /// Writes by hand, for the checks of the checker.
    pub(crate) async fn write(&self, sql: &str) -> anyhow::Result<()> {
        match self {
            Self::Postgres(server) => server.ask("berth", sql).await.map(drop),
            Self::Sqlite(_) => self.sqlite(&format!("{sql};\n")).await.map(drop),
        }
    }

    async fn sqlite(&self, script: &str) -> anyhow::Result<String> {
        let Self::Sqlite(file) = self else { anyhow::bail!("this is no SQLite database") };
        ensure!(file.exists(), "there is no database yet");
        let mut child = Command::new("sqlite3")
            .args(["-batch", "-bail", "-cmd", ".timeout 5000"])
            .arg(file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("sqlite3 cannot be run")?;
        let mut stdin = child.stdin.take().context("no way to talk to sqlite3")?;
        stdin.write_all(script.as_bytes()).await?;
        drop(stdin);
        let done = child.wait_with_output().await?;
        ensure!(done.status.success(), "sqlite3: {}", String::from_utf8_lossy(&done.stderr).trim());
        Ok(String::from_utf8_lossy(&done.stdout).into_owned())
    }
}

fn parse(rows: impl Iterator<Item = String>) -> anyhow::Result<Tables> {
    let mut tables = Tables::new();
    for ((name, _), rows) in READ.iter().zip(rows) {
        tables.insert((*name).to_owned(), serde_json::from_str(&rows).with_context(|| format!("reading {name}"))?);
    }
    ensure!(tables.len() == READ.len(), "only {} of {} tables were read", tables.len(), READ.len());
    Ok(tables)
}

/// A table's rows.
pub(crate) fn rows<'a>(tables: &'a Tables, name: &str) -> &'a [Value] {
    tables.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A column as text; empty when it is null.
pub(crate) fn text<'a>(row: &'a Value, column: &str) -> &'a str {
    row[column].as_str().unwrap_or_default()
}

/// A column as a number, also where the database tells it as text; -1 when it is null.
pub(crate) fn number(row: &Value, column: &str) -> i64 {
    row[column].as_i64().or_else(|| row[column].as_str()?.parse().ok()).unwrap_or(-1)
}
