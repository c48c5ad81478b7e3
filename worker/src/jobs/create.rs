//! `desktop.create`: from a claimed job to a desktop that its user can work in.
//!
//! ```text
//!  image? (no: waits for its pull) ─▶ older containers away ─▶ port leased ─▶ network ─▶ container made ─▶ started, password handed over ─▶ Created
//!                                        ▲   "port is already allocated": rest it as foreign    │
//!                                        └──────────────────────────────────────────────────────┘
//!  Created ─▶ port answers ─▶ Booted ─▶ session painted ─▶ Ready (gives the start slot back)
//! ```
//!
//! Each step can be found done already: by an earlier attempt, or by a worker that died in the middle.

use std::net::SocketAddr;
use std::time::Duration;

use berth_shared::domain::desktop::{ConnectKind, Reason, ReasonCode};
use berth_shared::lifecycle::{self, StepDone, Wait};
use berth_shared::queue::keeper::Go;
use berth_shared::store::desktops::{self, Desktop};
use berth_shared::store::ports::PortLease;
use berth_shared::store::templates;
use tokio::time::Instant;

use super::{Shift, Trouble, as_wanted};
use crate::runtime::{Booting, ContainerSpec, Created, EngineError, Image, Kind, Readiness, Template};
use crate::tasks::ends;

/// Host ports of strangers that one attempt walks into before it is put back in line.
const MOST_FOREIGN_PORTS: usize = 10;
/// How long to keep away from a port that somebody else listens on.
const KEEP_AWAY: Duration = Duration::from_secs(300);

/// What is to be made, and how one sees that it is ready.
struct Plan {
    desktop: Desktop,
    template: Template,
    image_id: String,
    readiness: Readiness,
}

pub(crate) async fn run(shift: &Shift<'_>) -> Result<(), Trouble> {
    let ends = Instant::now() + shift.ctx.settings.start_timeout;
    let plan = plan(shift, ends).await?;
    if shift.lease.generation > 1 {
        shift.remove_containers(shift.lease.generation - 1, super::GRACE).await?;
    }
    let (mut booting, address) = start(shift, &plan, ends).await?;
    let container_id = booting.container_id().to_owned();
    let image_id = (!plan.image_id.is_empty()).then(|| plan.image_id.clone());
    shift.step(StepDone::Created { container_id: container_id.clone(), image_id }).await?;
    tokio::select! {
        answers = booting.answers(&plan.readiness, address, ends) => answers?,
        why = shift.permit.stopped() => return Err(Trouble::Stopped(why)),
    }
    shift.step(StepDone::Booted).await?;
    tokio::select! {
        ready = booting.ready(&plan.readiness, ends) => ready?,
        why = shift.permit.stopped() => return Err(Trouble::Stopped(why)),
    }
    shift.step(StepDone::Ready).await?;
    // An end between its being painted and our saying so was told of nobody that runs.
    if booting.has_ended() {
        ends::look(shift.ctx, &shift.lease.desktop_id, &container_id).await;
    }
    Ok(())
}

async fn plan(shift: &Shift<'_>, ends: Instant) -> Result<Plan, Trouble> {
    let found = shift
        .persist(async || {
            let mut tx = shift.ctx.db.read().await?;
            let Some(desktop) = desktops::get(&mut tx, &shift.lease.desktop_id).await? else { return Ok(None) };
            let template = templates::get(&mut tx, &desktop.template_id).await?;
            Ok(Some((desktop, template)))
        })
        .await?;
    let (desktop, template) = found.ok_or(Trouble::Stopped(Go::Superseded))?;
    let template = template.ok_or_else(|| hopeless("Its template is gone."))?;
    shift.may_go_on()?;
    let image = match shift.ctx.engine.image(&template.image, shift.until().min(ends)).await? {
        Some(image) => image,
        None => return Err(without_image(shift, &template.image).await?),
    };
    let template = recipe(&template, &image).ok_or_else(|| hopeless("Its template has settings out of range."))?;
    let readiness = match (image.says_ready, desktop.kind) {
        (true, _) => Readiness::SaysReady,
        (false, ConnectKind::Vnc) => Readiness::Greets,
        (false, ConnectKind::Web) => Readiness::Answers { path: "/".to_owned() },
    };
    Ok(Plan { desktop, template, image_id: image.id, readiness })
}

/// What becomes of a start whose image is not there: it waits for a pull, or that was in vain, or nobody may pull.
async fn without_image(shift: &Shift<'_>, image: &str) -> Result<Trouble, Trouble> {
    let settings = &shift.ctx.settings;
    if !settings.pulls.allow(image) {
        return Ok(EngineError::new(Kind::ImageMissing, "image_inspect", image).into());
    }
    let (db, signals, tries) = (&shift.ctx.db, &shift.ctx.signals, settings.job_max_attempts);
    let wait = || lifecycle::wait_for_image(db, signals, shift.lease, &settings.node, image, tries);
    Ok(match shift.persist(wait).await? {
        Wait::Waits => Trouble::ImagePulling,
        Wait::Failed(why) => {
            let text = format!("Its image could not be downloaded to the server. {why}");
            Trouble::Hopeless(Reason { code: ReasonCode::ImageMissing, text })
        }
        Wait::Superseded => Trouble::Stopped(Go::Superseded),
        Wait::LeaseLost => Trouble::Stopped(Go::Lost),
    })
}

fn hopeless(text: &str) -> Trouble {
    Trouble::Hopeless(Reason { code: ReasonCode::ImageBroken, text: text.to_owned() })
}

fn recipe(template: &templates::Template, image: &Image) -> Option<Template> {
    Some(Template {
        image: template.image.clone(),
        container_port: template.container_port.try_into().ok()?,
        memory_mib: template.memory_mib.try_into().ok()?,
        cpus_milli: template.cpu_millis.try_into().ok()?,
        pids: template.pids.try_into().ok()?,
        shm_mib: template.shm_mib.try_into().ok()?,
        env: template.env.0.iter().map(|var| (var.name.clone(), var.value.clone())).collect(),
        command: Vec::new(),
        own_init: image.says_ready,
    })
}

/// Takes ports until the engine accepts one.
async fn start(shift: &Shift<'_>, plan: &Plan, ends: Instant) -> Result<(Booting, SocketAddr), Trouble> {
    let mut foreign = 0;
    loop {
        let port = lease_port(shift).await?;
        match start_on(shift, plan, &port, ends).await {
            Err(Trouble::Engine(error)) if error.kind == Kind::PortTaken && foreign < MOST_FOREIGN_PORTS => {
                foreign += 1;
                tracing::warn!(
                    desktop = plan.desktop.id,
                    port = port.port,
                    "somebody else has this port; trying another"
                );
                let (db, lease) = (&shift.ctx.db, shift.lease);
                as_wanted(shift.persist(|| lifecycle::port_is_foreign(db, lease, KEEP_AWAY)).await?)?;
            }
            Err(trouble) => return Err(trouble),
            Ok(booting) => return Ok((booting, reachable(&port).await?)),
        }
    }
}

async fn lease_port(shift: &Shift<'_>) -> Result<PortLease, Trouble> {
    let (db, settings) = (&shift.ctx.db, &shift.ctx.settings);
    let lease = || lifecycle::lease_port(db, shift.lease, &settings.node, &settings.ports, &settings.port_connect);
    match shift.persist(lease).await? {
        Ok(Some(port)) => Ok(port),
        Ok(None) => Err(Trouble::NoFreePort),
        Err(why) => Err(as_wanted(why).err().unwrap_or(Trouble::Stopped(Go::Lost))),
    }
}

async fn start_on(shift: &Shift<'_>, plan: &Plan, port: &PortLease, ends: Instant) -> Result<Booting, Trouble> {
    let (engine, desktop) = (&shift.ctx.engine, &plan.desktop);
    let node_port = u16::try_from(port.port).map_err(|_| Trouble::NoFreePort)?;
    shift.may_go_on()?;
    let network = engine.network_for(node_port, shift.until().min(ends)).await?;
    let spec = ContainerSpec {
        installation: engine.installation(),
        desktop: &desktop.id,
        generation: shift.lease.generation,
        owner: &desktop.owner_id,
        template: &plan.template,
        template_id: &desktop.template_id,
        node_port,
        bind: shift.ctx.settings.port_bind,
        network: &network,
        hostname: &desktop.name,
        engine_cpus: shift.ctx.cpus(),
    };
    shift.may_go_on()?;
    let created = engine.create(&spec, shift.until().min(ends)).await?;
    shift.may_go_on()?;
    let password = matches!(plan.readiness, Readiness::SaysReady)
        .then(|| shift.ctx.key.vnc_password(&desktop.id, shift.lease.generation));
    let until = shift.until().min(ends);
    Ok(match &created {
        Created::New(id) => engine.start_new(id, password.as_deref(), until).await?,
        Created::Adopted(found) => engine.start(&found.id, password.as_deref(), until).await?,
    })
}

/// Where this process reaches the port.
async fn reachable(port: &PortLease) -> Result<SocketAddr, Trouble> {
    let node_port = u16::try_from(port.port).map_err(|_| Trouble::NoFreePort)?;
    let told = |why: String| {
        let detail = format!("{} cannot be looked up: {why}", port.connect_address);
        Trouble::Engine(EngineError::new(Kind::NoAnswer, "lookup", detail))
    };
    let mut found = tokio::net::lookup_host((port.connect_address.as_str(), node_port))
        .await
        .map_err(|error| told(error.to_string()))?;
    found.next().ok_or_else(|| told("it has no address".to_owned()))
}
