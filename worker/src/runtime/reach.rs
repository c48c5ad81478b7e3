//! What answers from inside a desktop's network: asked by a short-lived container there, which does not belong to anybody.
//!
//! Something that is filtered keeps silent; something that is not says at least that nobody listens. So a closed port tells as much as
//! an open one, and nothing has to be started to be knocked at.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddrV4};

use bollard::container::LogOutput;
use bollard::errors::Error as Bollard;
use bollard::models::{ContainerCreateBody, HostConfig};
use bollard::query_parameters::{CreateContainerOptions, LogsOptionsBuilder, WaitContainerOptions};
use futures_util::StreamExt as _;
use tokio::time::Instant;

use super::engine::{Call, Engine};
use super::error::EngineError;
use super::kind::Kind;

const CREATE: Call = Call::new("create", 30);
const START: Call = Call::new("start", 30);
const INSPECT: Call = Call::new("inspect", 10);
const WAIT: Call = Call::new("wait", 20);
const LOGS: Call = Call::new("logs", 10);

/// Whom the short-lived containers belong to, for whoever finds one.
const LABEL: &str = "berth.doctor";
const MIB: i64 = 1024 * 1024;

/// Knocks at all of them at once, each for two seconds; bash does it by itself.
const KNOCK: &str = r#"
knock() {
  said=$(LC_ALL=C timeout 2 bash -c "exec 3<>/dev/tcp/$1/$2" 2>&1)
  case $?/$said in
  0/*) echo "$1:$2 open" ;;
  *refused*) echo "$1:$2 refused" ;;
  esac
}
for target in $TARGETS; do knock "${target%:*}" "${target##*:}" & done
wait
"#;

/// Something to knock at, and what it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    pub what: String,
    pub address: SocketAddrV4,
}

/// What was heard at a target that did not keep silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Open,
    /// Nobody listens there, and it says so: the way is free.
    Refused,
}

impl Engine {
    /// Which of the targets answer a desktop of this network, made of this image (which needs bash). `targets` is asked with the
    /// network's gateway, which is this host, and the address of a neighbour.
    ///
    /// # Errors
    /// As any call; [`Kind::ImageBroken`] when the image has no bash.
    pub async fn reach(
        &self,
        network: &str,
        image: &str,
        targets: impl FnOnce(Ipv4Addr, Ipv4Addr) -> Vec<Target>,
        until: Instant,
    ) -> Result<Vec<(Target, Answer)>, EngineError> {
        let neighbour = self.short_lived(network, image, "sleep 30", String::new(), until).await?;
        let answers = self.knock(&neighbour, network, image, targets, until).await;
        let removed = self.remove(&neighbour, until).await;
        answers.and_then(|answers| removed.map(|()| answers))
    }

    async fn knock(
        &self,
        neighbour: &str,
        network: &str,
        image: &str,
        targets: impl FnOnce(Ipv4Addr, Ipv4Addr) -> Vec<Target>,
        until: Instant,
    ) -> Result<Vec<(Target, Answer)>, EngineError> {
        self.call(START, until, |docker| async move { docker.start_container(neighbour, None).await }).await?;
        let (gateway, address) = self.seat(neighbour, until).await?;
        let targets = targets(gateway, address);
        let list = targets.iter().map(|target| target.address.to_string()).collect::<Vec<_>>().join(" ");
        let knocker = self.short_lived(network, image, KNOCK, list, until).await?;
        let heard = self.heard(&knocker, until).await;
        self.remove(&knocker, until).await?;
        let heard = heard?;
        let answer = |target: &Target| {
            let line = |word: &str| heard.lines().any(|line| line == format!("{} {word}", target.address));
            if line("open") { Some(Answer::Open) } else { line("refused").then_some(Answer::Refused) }
        };
        Ok(targets.into_iter().filter_map(|target| answer(&target).map(|answer| (target, answer))).collect())
    }

    async fn short_lived(
        &self,
        network: &str,
        image: &str,
        script: &str,
        targets: String,
        until: Instant,
    ) -> Result<String, EngineError> {
        let body = ContainerCreateBody {
            image: Some(image.to_owned()),
            entrypoint: Some(["bash", "-c", script].map(str::to_owned).to_vec()),
            env: Some(vec![format!("TARGETS={targets}")]),
            labels: Some(HashMap::from([(LABEL.to_owned(), "reach".to_owned())])),
            host_config: Some(HostConfig {
                network_mode: Some(network.to_owned()),
                memory: Some(128 * MIB),
                pids_limit: Some(64),
                cap_drop: Some(vec!["ALL".to_owned()]),
                security_opt: Some(vec!["no-new-privileges:true".to_owned()]),
                readonly_rootfs: Some(true),
                ..Default::default()
            }),
            ..Default::default()
        };
        let unnamed = None::<CreateContainerOptions>;
        self.call(CREATE, until, |docker| async move { docker.create_container(unnamed, body).await })
            .await
            .map(|answer| answer.id)
    }

    /// Gateway and own address of a running container.
    async fn seat(&self, id: &str, until: Instant) -> Result<(Ipv4Addr, Ipv4Addr), EngineError> {
        let answer =
            self.call(INSPECT, until, |docker| async move { docker.inspect_container(id, None).await }).await?;
        let seats = answer.network_settings.and_then(|settings| settings.networks).unwrap_or_default();
        let addresses = seats.into_values().find_map(|seat| {
            Some((seat.gateway?.parse::<Ipv4Addr>().ok()?, seat.ip_address?.parse::<Ipv4Addr>().ok()?))
        });
        addresses.ok_or_else(|| EngineError::new(Kind::Network, INSPECT.name, "a container got no address"))
    }

    async fn heard(&self, id: &str, until: Instant) -> Result<String, EngineError> {
        self.call(START, until, |docker| async move { docker.start_container(id, None).await }).await?;
        let ended = |docker: bollard::Docker| async move {
            let mut ends = Box::pin(docker.wait_container(id, None::<WaitContainerOptions>));
            ends.next().await.transpose().map(drop)
        };
        self.call(WAIT, until, ended).await?;
        let options = LogsOptionsBuilder::default().stdout(true).stderr(true).build();
        let read = |docker: bollard::Docker| async move {
            let mut said = String::new();
            let mut pieces = Box::pin(docker.logs(id, Some(options)));
            while let Some(piece) = pieces.next().await {
                if let LogOutput::StdOut { message } = piece? {
                    said.push_str(&String::from_utf8_lossy(&message));
                }
            }
            Ok::<_, Bollard>(said)
        };
        self.call(LOGS, until, read).await
    }
}
