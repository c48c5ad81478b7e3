//! An installation's tables, filled in bulk and looked at from outside: by `psql`, and by Python's own `sqlite3`, so that
//! no second part of Berth has to know a database driver. The SQL must be such that both databases understand it.

use anyhow::{Context as _, ensure};
use std::process::Stdio;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

/// Runs what it reads; rows of the last statement, when it has any, as `psql -At -F TAB` prints them.
const PYTHON: &str = r#"
import sqlite3, sys
con = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None)
con.execute("PRAGMA foreign_keys = ON")
statements = [part for part in sys.stdin.read().split(";\n") if part.strip(" ;\n")]
for n, part in enumerate(statements):
    rows = con.execute(part)
    if n == len(statements) - 1:
        for row in rows:
            print("\t".join("" if value is None else str(value) for value in row))
"#;

/// One database: `postgres://…` or `sqlite://FILE`.
#[derive(Debug, Clone)]
pub struct Tables {
    url: String,
}

impl Tables {
    #[must_use]
    pub fn of(url: &str) -> Self {
        Self { url: url.to_owned() }
    }

    /// A new, empty PostgreSQL database beside the one that `server` names.
    ///
    /// # Errors
    /// When it cannot be made.
    pub async fn scratch(server: &str) -> anyhow::Result<Self> {
        let name = format!("bench_{:016x}", rand::random::<u64>());
        Self::of(server).run(&format!("CREATE DATABASE {name}")).await?;
        let (before, _) = server.rsplit_once('/').context("a URL without a database")?;
        Ok(Self::of(&format!("{before}/{name}")))
    }

    /// Takes such a database away, whoever is still connected to it.
    ///
    /// # Errors
    /// When it cannot.
    pub async fn drop_scratch(self, server: &str) -> anyhow::Result<()> {
        let (_, name) = self.url.rsplit_once('/').context("a URL without a database")?;
        Self::of(server).run(&format!("DROP DATABASE {name} WITH (FORCE)")).await?;
        Ok(())
    }

    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Runs these statements (each ends with `;` and the line) and returns the rows of the last.
    ///
    /// # Errors
    /// When one of them fails.
    pub async fn run(&self, sql: &str) -> anyhow::Result<Vec<Vec<String>>> {
        let mut command = match self.url.strip_prefix("sqlite://") {
            Some(file) => {
                let mut python = Command::new("python3");
                python.args(["-c", PYTHON, file]);
                python
            }
            None => {
                let mut psql = Command::new("psql");
                psql.args(["-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-f", "-", &self.url]);
                psql
            }
        };
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().context("the database's client cannot be run")?;
        let mut input = child.stdin.take().context("no standard input")?;
        input.write_all(sql.as_bytes()).await?;
        drop(input);
        let done = child.wait_with_output().await?;
        ensure!(done.status.success(), "{}\nin: {sql}", String::from_utf8_lossy(&done.stderr).trim());
        let said = String::from_utf8(done.stdout)?;
        Ok(said.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect())
    }

    /// The one row of the last statement, as numbers.
    ///
    /// # Errors
    /// When there is none, or something in it is no number.
    pub async fn numbers(&self, sql: &str) -> anyhow::Result<Vec<i64>> {
        let rows = self.run(sql).await?;
        let row = rows.last().with_context(|| format!("no row: {sql}"))?;
        row.iter().map(|value| value.parse().with_context(|| format!("{value:?} is no number: {sql}"))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Tables;
    use crate::server::Folder;

    #[tokio::test]
    async fn sqlite_is_written_and_read() {
        let folder = Folder::new().expect("a folder");
        let tables = Tables::of(&format!("sqlite://{}", folder.path().join("x.db").display()));
        tables
            .run("CREATE TABLE t (a BIGINT, b TEXT);\nINSERT INTO t VALUES (1, 'x'), (2, NULL);\n")
            .await
            .expect("run");
        assert_eq!(tables.run("SELECT * FROM t ORDER BY a;").await.expect("rows"), [["1", "x"], ["2", ""]]);
        assert_eq!(tables.numbers("SELECT count(*), max(a) FROM t").await.expect("numbers"), [2, 2]);
        assert!(tables.run("SELECT nonsense FROM t").await.is_err());
    }
}
