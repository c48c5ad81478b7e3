//! One test's installation in an engine: ports, templates, shortcuts, and the broom.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use berth_worker::runtime::{
    Booting, ContainerSpec, Created, Engine, EngineError, HOME, Installation, Readiness, Template,
};
use bollard::Docker;
use bollard::container::LogOutput;
use bollard::exec::StartExecResults;
use bollard::models::ExecConfig;
use bollard::query_parameters as query;
use futures_util::StreamExt;
use tokio::time::Instant;

use crate::engines::{Place, Which};

pub(crate) const IMAGE: &str = "berth/desktop:latest";
pub(crate) const PASSWORD: &str = "s3cret-7";
/// Long enough for a busy machine; every wait in these tests ends by then.
pub(crate) const LIMIT: Duration = Duration::from_secs(90);

pub(crate) struct Rig {
    pub(crate) engine: Engine,
    /// The same engine, for what the runtime does not do.
    pub(crate) docker: Docker,
    pub(crate) place: Place,
    pub(crate) images: Mutex<Vec<String>>,
}

pub(crate) fn soon() -> Instant {
    Instant::now() + LIMIT
}

impl Rig {
    /// On the real engine.
    pub(crate) async fn new() -> Self {
        Self::on(Which::Docker).await
    }

    pub(crate) async fn on(which: Which) -> Self {
        Self::of(which, &ulid::Ulid::generate().to_string()).await
    }

    /// Of this installation.
    pub(crate) async fn of(which: Which, installation: &str) -> Self {
        let place = Place::of(which).await;
        let engine = Engine::new(Some(&place.host()), Installation::new(installation));
        if let Err(error) = engine.ping(soon()).await {
            panic!("these tests need a running Docker Engine on the local socket: {error}");
        }
        match engine.image(IMAGE, soon()).await {
            Ok(Some(image)) => assert!(image.says_ready && image.port == Some(5900), "{image:?}"),
            other => {
                panic!("these tests need the image {IMAGE} (`make images` builds it): {other:?}")
            }
        }
        let docker = connect(&place);
        Self { engine, docker, place, images: Mutex::default() }
    }

    pub(crate) fn which(&self) -> Which {
        if self.place.pretended.is_some() { Which::Pretended } else { Which::Docker }
    }

    /// Another installation in the same engine.
    pub(crate) async fn another(&self) -> Self {
        Self::on(self.which()).await
    }

    /// Another worker of the same installation.
    pub(crate) fn second_worker(&self) -> Engine {
        Engine::new(Some(&self.place.host()), self.engine.installation().clone())
    }

    pub(crate) fn template(&self) -> Template {
        Template {
            image: IMAGE.to_owned(),
            container_port: 5900,
            memory_mib: 384,
            cpus_milli: 1000,
            pids: 256,
            shm_mib: 64,
            env: vec![],
            command: vec![],
            own_init: true,
        }
    }

    /// Makes the container of this desktop, generation 1.
    pub(crate) async fn create(&self, desktop: &str, template: &Template, port: u16) -> Result<Created, EngineError> {
        create(&self.engine, desktop, 1, template, port).await
    }

    /// A desktop on its way: made, started, its password handed over.
    pub(crate) async fn boot(&self, desktop: &str, template: &Template, port: u16) -> Result<Booting, EngineError> {
        let created = self.create(desktop, template, port).await?;
        self.engine.start(created.id(), Some(PASSWORD), soon()).await
    }

    /// A desktop that runs; its container's id.
    pub(crate) async fn up(&self, desktop: &str, port: u16) -> String {
        let booting = self.boot(desktop, &self.template(), port).await.expect("started");
        let id = booting.container_id().to_owned();
        ready(booting, port).await.expect("ready");
        id
    }

    pub(crate) async fn stop(&self, id: &str, desktop: &str) -> Result<(), EngineError> {
        self.engine.stop_and_remove(id, desktop, Duration::from_secs(2), soon()).await
    }

    /// Runs a shell line inside; what it printed and its exit code. Docker only: nothing is inside a pretended one.
    pub(crate) async fn inside(&self, id: &str, line: &str) -> (String, i64) {
        let config = ExecConfig {
            cmd: Some(["bash", "-c", line].map(str::to_owned).to_vec()),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            ..Default::default()
        };
        let exec = self.docker.create_exec(id, config).await.expect("exec").id;
        let mut said = String::new();
        if let StartExecResults::Attached { mut output, .. } =
            self.docker.start_exec(&exec, None).await.expect("exec started")
        {
            while let Some(Ok(piece)) = output.next().await {
                if let LogOutput::StdOut { message } | LogOutput::StdErr { message } = piece {
                    said.push_str(&String::from_utf8_lossy(&message));
                }
            }
        }
        let code = self.docker.inspect_exec(&exec).await.expect("exec inspected").exit_code;
        (said, code.unwrap_or(-1))
    }

    pub(crate) async fn raw(&self, id: &str) -> bollard::models::ContainerInspectResponse {
        self.docker.inspect_container(id, None).await.expect("inspect")
    }
}

fn connect(place: &Place) -> Docker {
    Docker::connect_with_unix(&place.host(), 120, bollard::API_DEFAULT_VERSION).expect("the engine's socket")
}

pub(crate) async fn create(
    engine: &Engine,
    desktop: &str,
    generation: i64,
    template: &Template,
    port: u16,
) -> Result<Created, EngineError> {
    let network = engine.network_for(port, soon()).await?;
    let spec = ContainerSpec {
        installation: engine.installation(),
        desktop,
        generation,
        owner: "owner",
        template,
        template_id: "light",
        node_port: port,
        bind: Ipv4Addr::LOCALHOST.into(),
        network: &network,
        hostname: desktop,
        engine_cpus: 2,
    };
    engine.create(&spec, soon()).await
}

/// Waits until a desktop of ours on this port could be used.
pub(crate) async fn ready(mut booting: Booting, port: u16) -> Result<Booting, EngineError> {
    booting.answers(&Readiness::SaysReady, address(port), soon()).await?;
    booting.ready(&Readiness::SaysReady, soon()).await?;
    Ok(booting)
}

pub(crate) fn address(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

static NEXT_PORT: AtomicU16 = AtomicU16::new(0);

/// The next so many host ports of this run, all of them in one thousand so that desktops share a network. Two runs at once start apart.
pub(crate) fn port_block(count: u16) -> u16 {
    let first = 21_000 + u16::try_from(std::process::id() % 8).expect("small") * 1000;
    first + NEXT_PORT.fetch_add(count, Ordering::Relaxed) % 1000
}

/// A host port that nobody listens on.
pub(crate) fn port() -> u16 {
    std::iter::repeat_with(|| port_block(1))
        .find(|port| TcpListener::bind(address(*port)).is_ok())
        .expect("a free port")
}

pub(crate) fn desktop_id() -> String {
    ulid::Ulid::generate().to_string()
}

impl Drop for Rig {
    /// Also when the test failed: a runtime of its own, since this one may be going down.
    fn drop(&mut self) {
        let (engine, place) = (self.engine.clone(), self.place.clone());
        let images = std::mem::take(&mut *self.images.lock().expect("lock"));
        let sweeper = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(sweep(&engine, &place, &images));
        });
        let _ = sweeper.join();
    }
}

async fn sweep(engine: &Engine, place: &Place, images: &[String]) {
    let Ok(docker) = connect(place).negotiate_version().await else {
        return;
    };
    let forced = query::RemoveContainerOptionsBuilder::default().force(true).v(true).build();
    for container in engine.list_ours(soon()).await.unwrap_or_default() {
        let _ = docker.remove_container(&container.id, Some(forced.clone())).await;
    }
    let ours = format!("berth.installation={}", engine.installation().id());
    let filters = HashMap::from([("label", vec![ours])]);
    let volumes = query::ListVolumesOptionsBuilder::default().filters(&filters).build();
    for volume in docker.list_volumes(Some(volumes)).await.ok().and_then(|list| list.volumes).unwrap_or_default() {
        let _ = docker.remove_volume(&volume.name, None::<query::RemoveVolumeOptions>).await;
    }
    let _ = engine.remove_networks(soon()).await;
    for image in images {
        let _ = docker.remove_image(image, None::<query::RemoveImageOptions>, None).await;
    }
}

/// Where the desktop's user keeps things.
pub(crate) fn in_home(file: &str) -> String {
    format!("{HOME}/{file}")
}
