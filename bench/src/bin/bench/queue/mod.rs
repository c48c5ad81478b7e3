//! The queue beside graphile-worker: the same PostgreSQL, the same run, one worker process at concurrency 8 each.
//!
//! Jobs are of kind `noop`, which no call of the API makes: they go the whole way through the tables and touch no
//! engine. They are put in line as rows in bulk (`drain`), or by the function that every job goes through (`handover`).

mod crowd;
mod drain;
mod handover;
mod peer;

pub(crate) use crowd::Crowd;

use anyhow::Context as _;
use berth_bench::server::{Folder, Server};
use berth_bench::tables::Tables;
use serde_json::json;

use crate::report::Row;
use crate::{Bench, Figures};

/// A quarter of a worker's permits is kept for stops, cleanups and noops: 8.
const WORKER_CONCURRENCY: &str = "32";

pub(crate) async fn measure(bench: &Bench) -> anyhow::Result<Figures> {
    let server = bench.postgres.as_deref().context("the queue is measured on PostgreSQL: --postgres URL")?;
    let peer = peer::Peer::find(bench)?;
    let mut rows = Vec::new();
    let detail = json!({
        "drain": drain::measure(bench, server, &peer, &mut rows).await?,
        "handover": handover::measure(bench, server, &peer, &mut rows).await?,
    });
    Ok(Figures { rows, detail })
}

/// An installation on a new PostgreSQL database of its own, with its schema and nothing running.
pub(crate) struct Site {
    pub(crate) tables: Tables,
    pub(crate) folder: Folder,
    pub(crate) password: String,
}

impl Site {
    pub(crate) async fn new(bench: &Bench, server: &str) -> anyhow::Result<Self> {
        let (tables, folder) = (Tables::scratch(server).await?, Folder::new()?);
        let password = berth_bench::server::random_password();
        let site = Self { tables, folder, password };
        let mut migrate = tokio::process::Command::new(&bench.berth);
        migrate.arg("migrate").env("BERTH_ADMIN_PASSWORD", &site.password).envs(site.env());
        let done = migrate.env("BERTH_DATA_DIR", site.folder.path()).output().await?;
        anyhow::ensure!(done.status.success(), "berth migrate: {}", String::from_utf8_lossy(&done.stderr));
        Ok(site)
    }

    pub(crate) fn env(&self) -> Vec<(&'static str, String)> {
        vec![("BERTH_DATABASE_URL", self.tables.url().to_owned())]
    }

    /// A worker process at concurrency 8 for jobs that do nothing. It logs as little as its peer, which logs nothing.
    pub(crate) async fn worker(&self, bench: &Bench) -> anyhow::Result<Server> {
        let mut env = self.env();
        env.push(("BERTH_WORKER_CONCURRENCY", WORKER_CONCURRENCY.to_owned()));
        env.push(("BERTH_LOG", "warn".to_owned()));
        Server::start(&bench.berth, "worker", self.folder.path(), &self.password, &env).await
    }

    pub(crate) async fn end(self, server: &str) -> anyhow::Result<()> {
        self.tables.drop_scratch(server).await
    }
}

fn row(what: String, figure: String) -> Row {
    Row { what, figure, aim: "", reached: None }
}

/// Microseconds since 1970 by this machine's clock, which is the database's too: it runs here.
pub(crate) fn now_us() -> i64 {
    jiff::Timestamp::now().as_microsecond()
}
