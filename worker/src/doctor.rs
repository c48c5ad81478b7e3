//! What `berth doctor` says of the engine, the image and the ports: in words, with what to do. Of the firewall: `isolation`.

use crate::isolation;
use crate::runtime::{Engine, EngineInfo, Installation};
use berth_shared::config::{Runtime, Settings};
use std::io::ErrorKind;
use std::net::TcpListener;
use std::time::Duration;
use tokio::time::Instant;

/// Two containers come and go meanwhile.
const KNOCKING: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Ok,
    Warn,
    /// Desktops cannot start.
    Bad,
}

/// One thing that was looked at.
#[derive(Debug, Clone)]
pub struct Finding {
    pub what: String,
    pub verdict: Verdict,
    pub words: String,
}

fn finding(what: &str, verdict: Verdict, words: impl Into<String>) -> Finding {
    Finding { what: what.to_owned(), verdict, words: words.into() }
}

impl Finding {
    /// Without it all other templates work.
    fn no_worse_than_warn(self) -> Self {
        let verdict = if self.verdict == Verdict::Bad { Verdict::Warn } else { self.verdict };
        Self { verdict, ..self }
    }
}

/// Looks at everything on this node that a start needs, and at what desktops can reach. Changes nothing that stays. The
/// installation's id, where the database told it.
pub async fn examine(settings: &Settings, installation: Option<&str>) -> Vec<Finding> {
    let engine = Engine::new(settings.docker_host.as_deref(), Installation::new(installation.unwrap_or("doctor")));
    let mut findings = Vec::new();
    let until = || Instant::now() + Duration::from_secs(10);
    match engine.info(until()).await {
        Ok(info) => {
            findings.push(engine_answers(settings, &info));
            let image_there = image(&engine, "Image", &settings.desktop_image, until()).await;
            let desktops_run = settings.runtime == Runtime::Docker && image_there.verdict != Verdict::Bad;
            findings.push(image_there);
            findings.push(image(&engine, "Browser image", &settings.browser_image, until()).await.no_worse_than_warn());
            if desktops_run {
                findings.push(isolation::look(&engine, settings, Instant::now() + KNOCKING).await);
            }
        }
        Err(_) if settings.runtime == Runtime::Sim => {
            let words = format!(
                "BERTH_RUNTIME=sim: a pretended one, which nobody has started yet; `berth serve` and `berth worker` start it at {}",
                settings.sim.socket.display()
            );
            findings.push(finding("Engine", Verdict::Warn, words));
        }
        Err(error) => {
            let words = format!(
                "{} ({}). Is Docker installed and running, and may this user reach its socket? \
                 `scripts/engine.sh` installs and starts it; BERTH_DOCKER_HOST names another one",
                error.words(),
                error.detail
            );
            findings.push(finding("Engine", Verdict::Bad, words));
        }
    }
    findings.push(ports(settings));
    findings
}

fn engine_answers(settings: &Settings, info: &EngineInfo) -> Finding {
    let EngineInfo { version, cpus, memory_bytes, .. } = info;
    match settings.runtime {
        Runtime::Docker => {
            let words = format!("Docker {version} answers: {cpus} CPUs, {} GiB of memory", memory_bytes >> 30);
            finding("Engine", Verdict::Ok, words)
        }
        Runtime::Sim => {
            let words = format!(
                "BERTH_RUNTIME=sim: a pretended one ({version}) answers at {}. Its desktops are small moving pictures; unset \
                 BERTH_RUNTIME for real ones",
                settings.sim.socket.display()
            );
            finding("Engine", Verdict::Warn, words)
        }
    }
}

async fn image(engine: &Engine, what: &str, name: &str, until: Instant) -> Finding {
    match engine.image(name, until).await {
        Ok(Some(image)) if image.says_ready => finding(what, Verdict::Ok, format!("{name} is there")),
        Ok(Some(_)) => finding(
            what,
            Verdict::Warn,
            format!("{name} is there but does not say when it is ready; its first answer counts instead"),
        ),
        Ok(None) => finding(what, Verdict::Bad, format!("{name} is missing; `make images` builds it")),
        Err(error) => finding(what, Verdict::Bad, format!("{name} cannot be looked at: {}", error.words())),
    }
}

/// A taken port is no fault, Berth goes round it; a range without any free one is.
fn ports(settings: &Settings) -> Finding {
    let range = settings.ports.first..=settings.ports.last;
    if TcpListener::bind((settings.port_bind, 0)).is_err_and(|error| error.kind() == ErrorKind::AddrNotAvailable) {
        let words = format!(
            "{} is an address of the engine's host, not of this process's own: the free ones cannot be counted from here",
            settings.port_bind
        );
        return finding("Ports", Verdict::Ok, words);
    }
    let all = range.clone().count();
    let free = range.filter(|port| TcpListener::bind((settings.port_bind, *port)).is_ok()).count();
    let words = format!("{free} of the {all} ports {}-{} are free", settings.ports.first, settings.ports.last);
    match free {
        0 => finding("Ports", Verdict::Bad, format!("{words}; BERTH_PORT_RANGE chooses others")),
        _ if free * 2 < all => finding("Ports", Verdict::Warn, words),
        _ => finding("Ports", Verdict::Ok, words),
    }
}
