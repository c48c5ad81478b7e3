//! What stands around Berth in production, with the very settings of `deploy/`: nginx in front of the apis, Redis between them.

use anyhow::{Context as _, ensure};
use berth_bench::ports;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::sync::Mutex;

use crate::process::Process;

const PASSWORD: &str = "a-password-for-redis";
const UP_WITHIN: Duration = Duration::from_secs(10);

pub(crate) struct Front {
    pub(crate) nginx: Mutex<Process>,
    pub(crate) redis: Mutex<Process>,
    nginx_at: SocketAddr,
    redis_at: SocketAddr,
}

impl Front {
    /// Starts both. `patience`: nginx's time-outs for streams, where they are not to be the real ones.
    pub(crate) async fn start(folder: &Path, apis: &[SocketAddr], patience: Option<&str>) -> anyhow::Result<Self> {
        let (nginx_at, redis_at, status_at) = (ports::free()?, ports::free()?, ports::free()?);
        let (nginx_folder, redis_folder) = (folder.join("nginx"), folder.join("redis"));
        std::fs::create_dir_all(&redis_folder)?;
        let users = redis_folder.join("users");
        std::fs::write(&users, format!("user default on >{PASSWORD} ~* &* +@all\n"))?;
        let settings = std::fs::read_to_string("deploy/redis/redis.conf").context("deploy/redis")?;
        let own = settings.lines().map(|line| match line.split_once(' ') {
            Some(("port", _)) => format!("port {}\n", redis_at.port()),
            Some(("bind", _)) => "bind 127.0.0.1\n".to_owned(),
            Some(("aclfile", _)) => format!("aclfile {}\n", users.display()),
            Some(("dir", _)) => format!("dir {}\n", redis_folder.display()),
            _ => format!("{line}\n"),
        });
        let settings = redis_folder.join("redis.conf");
        std::fs::write(&settings, own.collect::<String>())?;
        let args = [&*settings.display().to_string()];
        let redis = Process::new("redis", Path::new("redis-server"), &args, Vec::new(), folder);
        let apis: Vec<String> = apis.iter().map(SocketAddr::to_string).collect();
        let mut make = Command::new("scripts/nginx-in.sh");
        make.arg(&nginx_folder)
            .env("BERTH_API", apis.join(" "))
            .env("NGINX_HTTP", nginx_at.to_string())
            .env("NGINX_STATUS", status_at.to_string());
        if let Some(patience) = patience {
            make.env("NGINX_PATIENCE", patience);
        }
        let made = make.output().await.context("scripts/nginx-in.sh")?;
        ensure!(made.status.success(), "nginx's settings: {}", String::from_utf8_lossy(&made.stderr));
        let (own, settings) =
            (nginx_folder.display().to_string(), nginx_folder.join("nginx.conf").display().to_string());
        let args = ["-p", &own, "-e", "/dev/stderr", "-c", &settings, "-g", "daemon off;"];
        let nginx = Process::new("nginx", Path::new("nginx"), &args, Vec::new(), folder);
        let front = Self { nginx: Mutex::new(nginx), redis: Mutex::new(redis), nginx_at, redis_at };
        up(&mut *front.redis.lock().await, redis_at).await?;
        up(&mut *front.nginx.lock().await, nginx_at).await?;
        Ok(front)
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.nginx_at)
    }

    /// What Berth must be told of both.
    pub(crate) fn settings(&self) -> Vec<(String, String)> {
        let given = [
            ("BERTH_REDIS_URL", format!("redis://:{PASSWORD}@{}/0", self.redis_at)),
            ("BERTH_PUBLIC_URL", self.origin()),
            ("BERTH_TRUSTED_PROXIES", "127.0.0.0/8".to_owned()),
        ];
        given.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    pub(crate) async fn redis_flushed(&self) -> anyhow::Result<()> {
        // Not while it is away or hangs.
        let _held = self.redis.lock().await;
        let asked = Command::new("redis-cli")
            .args(["-p", &self.redis_at.port().to_string(), "--no-auth-warning", "-a", PASSWORD, "flushall"])
            .output()
            .await?;
        let said = String::from_utf8_lossy(&asked.stdout);
        ensure!(said.trim() == "OK", "redis-cli: {said} {}", String::from_utf8_lossy(&asked.stderr));
        Ok(())
    }

    pub(crate) async fn redis_restarted(&self, away: Duration) -> anyhow::Result<()> {
        let mut redis = self.redis.lock().await;
        redis.terminate(UP_WITHIN).await?.context("it did not end")?;
        tokio::time::sleep(away).await;
        up(&mut redis, self.redis_at).await
    }

    pub(crate) async fn nginx_killed(&self, back_after: Duration) -> anyhow::Result<()> {
        let mut nginx = self.nginx.lock().await;
        nginx.kill_group().await;
        tokio::time::sleep(back_after).await;
        up(&mut nginx, self.nginx_at).await
    }
}

/// Starts it and waits until it takes connections.
async fn up(process: &mut Process, at: SocketAddr) -> anyhow::Result<()> {
    process.start()?;
    let begun = Instant::now();
    while TcpStream::connect(at).await.is_err() {
        ensure!(process.runs() && begun.elapsed() < UP_WITHIN, "{}:\n{}", process.name, process.last_words());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}
