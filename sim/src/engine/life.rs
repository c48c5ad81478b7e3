//! Starting, ending and removing containers.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::journal::{What, Who};
use super::world::Container;
use super::{Engine, Inner, Running, Side};
use crate::answers::{self, Refusal};
use crate::output::Channel;
use crate::program::{Doom, Ending, Mishap, Order, Program, Run};
use crate::screen::Screen;

/// How much start times differ from one container to the next.
const JITTER: f64 = 0.2;
/// What Docker waits for when nobody says how long.
const USUAL_GRACE: Duration = Duration::from_secs(10);
/// How long containers have to end when the engine does.
const LAST_GRACE: Duration = Duration::from_secs(2);

/// The signals that matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    Kill,
    Terminate,
    Other,
}

impl Signal {
    pub(crate) fn read(text: &str) -> Self {
        match text.trim_start_matches("SIG") {
            "" | "KILL" | "9" => Self::Kill,
            "TERM" | "15" | "INT" | "2" | "HUP" | "1" | "QUIT" | "3" => Self::Terminate,
            _ => Self::Other,
        }
    }
}

impl Engine {
    /// Starts it.
    pub(crate) fn start(self: &Arc<Self>, asked: &str, mishap: Mishap) -> Result<(), Refusal> {
        let mut inner = self.lock();
        let container = inner.container(asked)?;
        if container.removing {
            return Err(answers::marked_for_removal());
        }
        if container.runs() {
            return Err(answers::already_so());
        }
        let (id, name) = (container.id.clone(), container.name.clone());
        let ready = prepare(&inner, container, mishap.port_taken).map(|ready| {
            let program = inner.world.images.get(&container.spec.image).cloned().unwrap_or_default();
            (ready, program, container.who())
        });
        let refused = match ready {
            Err(refusal) => (128, refusal),
            Ok((_, Program::Missing { path }, _)) => (127, answers::cannot_run(&path)),
            Ok(((network, address, listeners), program, who)) => {
                let ports = listeners.iter().filter_map(|l| l.local_addr().ok()).map(|a| a.port()).collect();
                let screen = Screen::on(listeners, self.clients.clone())
                    .map_err(|error| answers::server_error(format!("listen: {error}")))?;
                let who = Who { ports, ..who };
                inner.commit(What::ContainerStarted { who: who.clone(), network, address })?;
                self.run(&mut inner, who, program, screen, mishap.doom);
                return Ok(());
            }
        };
        let (exit_code, refusal) = refused;
        let who = inner.container(&id)?.who();
        inner.happened(What::StartRefused { who, exit_code, error: refusal.message.clone() });
        tracing::debug!(name, error = refusal.message, "not started");
        Err(refusal)
    }

    fn run(self: &Arc<Self>, inner: &mut Inner, who: Who, program: Program, screen: Screen, doom: Option<Doom>) {
        let (orders, told) = mpsc::unbounded_channel();
        let over = CancellationToken::new();
        let start = self.start_time(&who.name);
        let side = inner.side(&who.id);
        let input = side.unread.take().unwrap_or_else(|| {
            // A second run reads anew.
            let fresh = Side::new();
            side.input = fresh.input;
            fresh.unread.unwrap_or_else(|| mpsc::unbounded_channel().1)
        });
        side.run = Some(Running { orders, over: over.clone() });
        let engine = Arc::clone(self);
        tokio::spawn(async move {
            let (speaker, id) = (Arc::clone(&engine), who.id.clone());
            let say = move |channel: Channel, text: &str| {
                let (id, text) = (id.clone(), text.to_owned());
                speaker.lock().happened(What::ContainerSaid { id, channel, text });
            };
            let run = Run { program, start, input, orders: told, screen: &screen, doom, say };
            let ending = run.run().await;
            // Its port is free before its end is told.
            screen.close().await;
            let mut inner = engine.lock();
            let Ending { exit_code, oom } = ending;
            if let Some(side) = inner.sides.get_mut(&who.id) {
                *side = Side::new();
            }
            if inner.world.containers.contains_key(&who.id) {
                inner.happened(What::ContainerDied { who, exit_code, oom });
            }
            drop(inner);
            over.cancel();
        });
    }

    /// From the seed and the container's name, so that a run with the same seed is the same run.
    fn start_time(&self, name: &str) -> Duration {
        let mut hash = DefaultHasher::new();
        (self.options.seed, name).hash(&mut hash);
        let share: f64 = StdRng::seed_from_u64(hash.finish()).random();
        self.options.start.mul_f64(1.0 - JITTER + 2.0 * JITTER * share)
    }

    /// Asks it to end, and kills it when it has not after `grace`.
    pub(crate) async fn stop(&self, asked: &str, grace: Option<Duration>) -> Result<(), Refusal> {
        let (who, run) = {
            let inner = self.lock();
            let container = inner.container(asked)?;
            if !container.runs() {
                return Err(answers::already_so());
            }
            (container.who(), running(&inner, container))
        };
        self.signal(&who, &run, Order::Terminate, "15");
        if timeout(grace.unwrap_or(USUAL_GRACE), run.over.cancelled()).await.is_err() {
            self.signal(&who, &run, Order::Kill, "9");
            run.over.cancelled().await;
        }
        self.tell(&who, "stop", &[]);
        Ok(())
    }

    /// Sends it a signal; a kill is waited for.
    pub(crate) async fn kill(&self, asked: &str, signal: Signal) -> Result<(), Refusal> {
        let (who, run) = {
            let inner = self.lock();
            let container = inner.world.find(asked).ok_or_else(|| answers::nothing_to_kill(asked))?;
            if !container.runs() {
                return Err(answers::is_not_running(asked, &container.id));
            }
            (container.who(), running(&inner, container))
        };
        match signal {
            Signal::Kill => {
                self.signal(&who, &run, Order::Kill, "9");
                run.over.cancelled().await;
            }
            Signal::Terminate => self.signal(&who, &run, Order::Terminate, "15"),
            Signal::Other => {}
        }
        Ok(())
    }

    /// It dies, as if by itself.
    pub(crate) async fn die(&self, asked: &str, ending: Ending) -> Result<(), Refusal> {
        let run = {
            let inner = self.lock();
            let container = inner.container(asked)?;
            if !container.runs() {
                return Err(answers::is_not_running(asked, &container.id));
            }
            running(&inner, container)
        };
        let _ = run.orders.send(Order::Die(ending)); // it ends already
        run.over.cancelled().await;
        Ok(())
    }

    /// Removes it; by force also when it runs.
    pub(crate) async fn remove(&self, asked: &str, force: bool, vanish: bool) -> Result<(), Refusal> {
        let (who, run) = {
            let mut inner = self.lock();
            let container = inner.container(asked)?;
            let id = container.id.clone();
            if container.removing {
                return Err(answers::being_removed(&id));
            }
            if container.runs() && !force {
                return Err(answers::is_running(&id));
            }
            let found = (container.who(), container.runs().then(|| running(&inner, container)));
            if let Some(container) = inner.world.containers.get_mut(&id) {
                container.removing = true;
            }
            found
        };
        if vanish {
            // Gone first: its end is nobody's news.
            self.take_away(&who, true)?;
        }
        if let Some(run) = run {
            if vanish {
                let _ = run.orders.send(Order::Kill); // it ends already
            } else {
                self.signal(&who, &run, Order::Kill, "9");
            }
            run.over.cancelled().await;
        }
        if vanish { Ok(()) } else { self.take_away(&who, false) }
    }

    fn take_away(&self, who: &Who, vanished: bool) -> Result<(), Refusal> {
        let mut inner = self.lock();
        let gone = inner.commit(What::ContainerRemoved { who: who.clone(), vanished });
        match &gone {
            Ok(()) => drop(inner.sides.remove(&who.id)),
            Err(_) => {
                if let Some(container) = inner.world.containers.get_mut(&who.id) {
                    container.removing = false;
                }
            }
        }
        gone
    }

    /// Ends every container, as an engine does that is told to end.
    pub(crate) async fn end(&self) {
        let running: Vec<_> = {
            let inner = self.lock();
            let all = inner.world.containers.values().filter(|container| container.runs());
            all.map(|container| (container.who(), running(&inner, container))).collect()
        };
        for (who, run) in &running {
            self.signal(who, run, Order::Terminate, "15");
        }
        let all_over = async {
            for (_, run) in &running {
                run.over.cancelled().await;
            }
        };
        if timeout(LAST_GRACE, all_over).await.is_err() {
            for (who, run) in running.iter().filter(|(_, run)| !run.over.is_cancelled()) {
                self.signal(who, run, Order::Kill, "9");
                run.over.cancelled().await;
            }
        }
        self.lock().happened(What::EngineEnded);
    }

    fn signal(&self, who: &Who, run: &Running, order: Order, number: &str) {
        self.tell(who, "kill", &[("signal", number.to_owned())]);
        let _ = run.orders.send(order); // it ends already
    }

    /// An event that changes nothing.
    fn tell(&self, who: &Who, action: &'static str, more: &[(&str, String)]) {
        let mut inner = self.lock();
        let image = inner.world.containers.get(&who.id).map(|c| c.spec.image.clone()).unwrap_or_default();
        inner.events.tell(Timestamp::now(), who, &image, action, more);
    }
}

/// The run of a container that runs. One that the world shows as running always has one: they begin and end under one lock.
fn running(inner: &Inner, container: &Container) -> Running {
    let known = inner.sides.get(&container.id).and_then(|side| side.run.clone());
    known.unwrap_or_else(|| {
        let over = CancellationToken::new();
        over.cancel();
        Running { orders: mpsc::unbounded_channel().0, over }
    })
}

/// What a start needs: its network, an address in it, and its ports, which are really listened on.
fn prepare(
    inner: &Inner,
    container: &Container,
    port_taken: bool,
) -> Result<(String, String, Vec<TcpListener>), Refusal> {
    let known_as = container.network_id.as_ref().unwrap_or(&container.network_name);
    let network = inner.world.network_of(container).ok_or_else(|| answers::no_such_network(known_as))?;
    let others = || inner.world.containers.values().filter(|other| other.runs());
    let address = match network.subnet() {
        None => String::new(),
        Some(subnet) => {
            let taken: HashSet<_> = others().filter_map(|other| other.address).collect();
            let free = subnet.seats().find(|seat| !taken.contains(&(*seat).into()));
            free.ok_or_else(answers::no_address_left)?.to_string()
        }
    };
    let mut listeners = Vec::new();
    for published in &container.spec.published {
        let at = SocketAddr::new(published.host, published.host_port);
        let same = |other: &&Container| {
            other.ports.contains(&published.host_port)
                && other
                    .spec
                    .published
                    .iter()
                    .any(|p| p.host == published.host || p.host.is_unspecified() || published.host.is_unspecified())
        };
        if port_taken || published.host_port != 0 && others().any(|other| same(&other)) {
            return Err(answers::port_allocated(&container.name, &container.id, &at.to_string()));
        }
        let listener = TcpListener::bind(at).map_err(|error| {
            let why = match error.kind() {
                std::io::ErrorKind::AddrInUse => "address already in use".to_owned(),
                std::io::ErrorKind::AddrNotAvailable => "cannot assign requested address".to_owned(),
                _ => error.to_string(),
            };
            answers::port_in_use(&container.name, &container.id, &at.to_string(), &why)
        })?;
        listeners.push(listener);
    }
    Ok((network.id.clone(), address, listeners))
}
