//! A program of ours that is killed, put to sleep, woken, told to end and started again; its log goes on in one file.

use anyhow::{Context as _, ensure};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::process::{Child, Command};

pub(crate) struct Process {
    pub(crate) name: String,
    program: PathBuf,
    args: Vec<String>,
    env: Vec<(String, String)>,
    log: PathBuf,
    child: Option<Child>,
    /// How it ended although nobody had told it to.
    pub(crate) ended_by_itself: Vec<String>,
}

impl Process {
    pub(crate) fn new(name: &str, program: &Path, args: &[&str], env: Vec<(String, String)>, folder: &Path) -> Self {
        Self {
            name: name.to_owned(),
            program: program.to_owned(),
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            env,
            log: folder.join(format!("{name}.log")),
            child: None,
            ended_by_itself: Vec::new(),
        }
    }

    /// Starts it, unless it runs.
    pub(crate) fn start(&mut self) -> anyhow::Result<()> {
        self.look();
        if self.child.is_some() {
            return Ok(());
        }
        let log = std::fs::OpenOptions::new().create(true).append(true).open(&self.log)?;
        let mut command = Command::new(&self.program);
        command
            .args(&self.args)
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .process_group(0)
            .kill_on_drop(true);
        let child = command.spawn().with_context(|| format!("{} cannot be run", self.program.display()))?;
        self.child = Some(child);
        Ok(())
    }

    /// Notes it when it ended without a word from us.
    pub(crate) fn look(&mut self) {
        let Some(child) = &mut self.child else { return };
        if let Ok(Some(status)) = child.try_wait() {
            self.ended_by_itself.push(format!("{} ended by itself ({status})", self.name));
            self.child = None;
        }
    }

    pub(crate) fn runs(&mut self) -> bool {
        self.look();
        self.child.is_some()
    }

    /// None: it does not run.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.child.as_ref().and_then(Child::id)
    }

    /// kill -9, also of one that sleeps.
    pub(crate) async fn kill(&mut self) {
        self.look();
        if let Some(mut child) = self.child.take() {
            _ = child.kill().await;
        }
    }

    /// kill -9 of all that it has started as well.
    pub(crate) async fn kill_group(&mut self) {
        if let Some(pid) = self.pid() {
            _ = Command::new("kill").args(["-KILL", "--", &format!("-{pid}")]).status().await;
        }
        self.kill().await;
    }

    /// From its next start on it is another build.
    pub(crate) fn replace(&mut self, program: &Path) {
        program.clone_into(&mut self.program);
    }

    /// Another command with the same settings.
    pub(crate) fn beside(&self, program: &Path, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(args).envs(self.env.iter().map(|(name, value)| (name, value))).stdin(Stdio::null());
        command.kill_on_drop(true);
        command
    }

    /// # Errors
    /// When there is nothing to send it to.
    pub(crate) async fn signal(&mut self, signal: &str) -> anyhow::Result<()> {
        self.look();
        let pid = self.pid().context("it does not run")?;
        let sent = Command::new("kill").args([&format!("-{signal}"), &pid.to_string()]).status().await?;
        ensure!(sent.success(), "{} could not be sent {signal}", self.name);
        Ok(())
    }

    /// SIGTERM, and its end. None: it did not end within `limit` and was killed.
    pub(crate) async fn terminate(&mut self, limit: Duration) -> anyhow::Result<Option<Duration>> {
        self.signal("TERM").await?;
        let Some(mut child) = self.child.take() else { return Ok(None) };
        let begun = Instant::now();
        if tokio::time::timeout(limit, child.wait()).await.is_err() {
            _ = child.kill().await;
            return Ok(None);
        }
        Ok(Some(begun.elapsed()))
    }

    /// The end of its log.
    pub(crate) fn last_words(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(15)..].join("\n")
    }
}
