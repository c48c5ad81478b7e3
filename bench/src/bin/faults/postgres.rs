//! A PostgreSQL of one world's own, that can be stopped, restarted and cut off. It does not flush to disk: the machine stays up.

use anyhow::{Context as _, ensure};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::clock::clock;

pub(crate) struct Postgres {
    programs: PathBuf,
    folder: PathBuf,
    port: u16,
    /// What gives the server a clock that can be moved.
    clock: Vec<(String, String)>,
}

/// The name of that clock.
pub(crate) const CLOCK: &str = "postgres";

/// The account that the server runs under when we are root, whom it refuses.
const ACCOUNT: &str = "postgres";

impl Postgres {
    /// Makes one in `folder` and starts it.
    pub(crate) async fn start(folder: &Path, moves: bool, production: bool) -> anyhow::Result<Self> {
        let clock = if moves { clock(folder, CLOCK)? } else { Vec::new() };
        let programs = programs()?;
        let port = berth_bench::ports::free()?.port();
        let folder = folder.join("postgres");
        std::fs::create_dir_all(&folder)?;
        if is_root() {
            let given = Command::new("chown").arg(ACCOUNT).arg(&folder).status().await?;
            ensure!(given.success(), "{} cannot be given to {ACCOUNT}", folder.display());
        }
        let server = Self { programs, folder, port, clock };
        server.run("initdb", &["-A", "trust", "-U", "postgres", "--no-sync"]).await?;
        if production {
            // Read last, so it counts; what `up` says counts more.
            let settings = std::fs::read_to_string("deploy/postgres/postgresql.conf").context("deploy/postgres")?;
            let own = server.folder.join("data/postgresql.conf");
            let own = std::fs::OpenOptions::new().append(true).open(own)?;
            std::io::Write::write_all(&mut &own, settings.as_bytes())?;
        }
        server.up().await?;
        server.ask("postgres", "CREATE DATABASE berth").await?;
        Ok(server)
    }

    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/berth", self.port)
    }

    async fn run(&self, program: &str, args: &[&str]) -> anyhow::Result<()> {
        // The server's clock is given by `env`, once it is no longer root who runs: libfaketime's semaphore belongs to whoever begins.
        let mut command = as_server(Path::new("env"));
        if args.contains(&"start") {
            command.args(self.clock.iter().map(|(name, value)| format!("{name}={value}")));
        }
        command.arg(self.programs.join(program)).arg("-D").arg(self.folder.join("data"));
        command.args(args).current_dir(&self.folder);
        // To a file: the server inherits it, and a pipe would stay open as long as the server lives.
        let log = std::fs::File::create(self.folder.with_extension(format!("{program}.log")))?;
        let done = command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).status().await?;
        ensure!(done.success(), "{program} failed: see {}", self.folder.display());
        Ok(())
    }

    pub(crate) async fn up(&self) -> anyhow::Result<()> {
        let options = format!(
            "-p {} -k {} -c listen_addresses=127.0.0.1 -c max_connections=300 -c fsync=off",
            self.port,
            self.folder.display()
        );
        let log = self.folder.join("log").display().to_string();
        self.run("pg_ctl", &["-l", &log, "-w", "-o", &options, "start"]).await
    }

    /// `how`: fast or immediate.
    pub(crate) async fn down(&self, how: &str) -> anyhow::Result<()> {
        self.run("pg_ctl", &["-m", how, "-w", "stop"]).await
    }

    pub(crate) async fn restart(&self, how: &str, down: Duration) -> anyhow::Result<()> {
        self.down(how).await?;
        tokio::time::sleep(down).await;
        self.up().await
    }

    /// kill -9 of every process of it, and started again.
    pub(crate) async fn kill(&self, down: Duration) -> anyhow::Result<()> {
        let file = std::fs::read_to_string(self.folder.join("data/postmaster.pid"))?;
        let first: u32 = file.lines().next().context("no number of a process")?.trim().parse()?;
        // The first one before the others: it would begin to tidy up after them.
        let all: Vec<u32> = std::iter::once(first).chain(children(first)?).collect();
        let numbers = all.iter().map(u32::to_string);
        // Some may have ended with the first.
        Command::new("kill").arg("-KILL").args(numbers).stderr(Stdio::null()).status().await?;
        while all.iter().any(|pid| Path::new(&format!("/proc/{pid}")).exists()) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        tokio::time::sleep(down).await;
        self.up().await
    }

    /// Ends every connection of Berth's.
    pub(crate) async fn cut_connections(&self) -> anyhow::Result<()> {
        let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = 'berth'";
        self.ask("postgres", cut).await.map(drop)
    }

    /// A transaction that has done this and then stays open, until its client is killed.
    pub(crate) async fn hold(&self, sql: &str) -> anyhow::Result<Child> {
        let url = self.url();
        let mut command = Command::new(self.programs.join("psql"));
        command.args(["-XqAt", "-v", "ON_ERROR_STOP=1", "-d", &url]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut client = command.kill_on_drop(true).spawn()?;
        let said = client.stdout.take().context("psql says nothing")?;
        let hears = client.stdin.as_mut().context("psql hears nothing")?;
        hears.write_all(format!("BEGIN;\n{sql};\n\\echo it holds\n").as_bytes()).await?;
        let mut lines = BufReader::new(said).lines();
        while lines.next_line().await?.context("psql ended")? != "it holds" {}
        Ok(client)
    }

    /// Runs SQL and returns what it prints, a line a row.
    pub(crate) async fn ask(&self, database: &str, sql: &str) -> anyhow::Result<String> {
        let url = format!("postgres://postgres@127.0.0.1:{}/{database}", self.port);
        let asked = Command::new(self.programs.join("psql"))
            .args(["-XqAt", "-v", "ON_ERROR_STOP=1", "-d", &url, "-c", sql])
            .kill_on_drop(true)
            .output();
        let done = tokio::time::timeout(Duration::from_secs(10), asked).await.context("psql got no answer")??;
        ensure!(done.status.success(), "psql: {}", String::from_utf8_lossy(&done.stderr).trim());
        Ok(String::from_utf8_lossy(&done.stdout).into_owned())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let mut command = as_server(&self.programs.join("pg_ctl"));
        command.arg("-D").arg(self.folder.join("data")).args(["-m", "immediate", "stop"]).current_dir(&self.folder);
        _ = command.as_std_mut().stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

fn children(of: u32) -> anyhow::Result<Vec<u32>> {
    let all = procfs::process::all_processes()?.filter_map(|process| process.ok()?.stat().ok());
    Ok(all.filter(|stat| u32::try_from(stat.ppid) == Ok(of)).filter_map(|stat| stat.pid.try_into().ok()).collect())
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

fn as_server(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid", ACCOUNT, "--regid", ACCOUNT, "--init-groups"]).arg(program);
    command
}

/// Where the newest server's programs are.
fn programs() -> anyhow::Result<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").context("PostgreSQL is not installed")?;
    let mut found: Vec<PathBuf> = versions.flatten().map(|version| version.path().join("bin")).collect();
    found.retain(|bin| bin.join("initdb").exists());
    found.sort();
    found.pop().context("PostgreSQL's initdb is not installed")
}
