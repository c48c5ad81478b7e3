//! The engine behind the API: one lock over what there is, one journal, and what lives only while this process does (runs, ports,
//! streams). Each change goes through [`Inner::commit`]: written down, told to those who listen, then visible.

mod events;
mod journal;
mod life;
mod make;
mod network;
mod registry;
mod shapes;
mod spec;
mod things;
mod world;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures_util::Stream;
use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

pub(crate) use life::Signal;
pub(crate) use registry::Offer;
pub(crate) use spec::image_labels;
pub(crate) use things::NetworkRequest;

use crate::answers::{Refusal, no_such_container, server_error};
use crate::clients::Clients;
use crate::options::Options;
use crate::output::Wanted;
use crate::program::{Ending, Order};
use events::Events;
use journal::{Entry, Journal, What};
use world::{Container, World};

#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) options: Options,
    pub(crate) clients: Clients,
    inner: Mutex<Inner>,
    /// Counts how often every event stream was cut.
    cuts: watch::Sender<u64>,
}

#[derive(Debug)]
struct Inner {
    world: World,
    journal: Journal,
    events: Events,
    sides: HashMap<String, Side>,
}

/// What a container has only while this process lives.
#[derive(Debug)]
struct Side {
    input: mpsc::UnboundedSender<Bytes>,
    /// What was said to it and not read yet, until it is started.
    unread: Option<mpsc::UnboundedReceiver<Bytes>>,
    run: Option<Running>,
}

#[derive(Debug, Clone)]
struct Running {
    orders: mpsc::UnboundedSender<Order>,
    over: CancellationToken,
}

impl Side {
    fn new() -> Self {
        let (input, unread) = mpsc::unbounded_channel();
        Self { input, unread: Some(unread), run: None }
    }
}

impl Inner {
    fn commit(&mut self, what: What) -> Result<(), Refusal> {
        let entry = self.journal.append(what).map_err(|error| server_error(format!("write journal: {error}")))?;
        self.show(&entry);
        Ok(())
    }

    /// What happened whether or not it can be written down: an end, or what somebody wrote.
    fn happened(&mut self, what: What) {
        if self.commit(what.clone()).is_err() {
            tracing::error!(?what, "not written down: the journal cannot be written to");
            self.show(&Entry { n: 0, at: Timestamp::now(), what });
        }
    }

    fn show(&mut self, entry: &Entry) {
        self.events.tell_of(&self.world, entry);
        self.world.apply(entry);
    }

    fn container(&self, asked: &str) -> Result<&Container, Refusal> {
        self.world.find(asked).ok_or_else(|| no_such_container(asked))
    }

    fn side(&mut self, id: &str) -> &mut Side {
        self.sides.entry(id.to_owned()).or_insert_with(Side::new)
    }
}

impl Engine {
    /// Reads the journal in the state's folder. What ran when it was last written to has ended, as after any engine's restart.
    pub(crate) fn open(options: Options) -> std::io::Result<Self> {
        let mut world = World::default();
        let journal = Journal::open(&options.state, |entry| world.apply(&entry))?;
        let mut inner = Inner { world, journal, events: Events::new(), sides: HashMap::new() };
        let refused = |refusal: Refusal| std::io::Error::other(refusal.message);
        inner.commit(What::EngineStarted { pid: std::process::id() }).map_err(refused)?;
        let ran: Vec<_> = inner.world.containers.values().filter(|c| c.runs()).map(Container::who).collect();
        for who in ran {
            let Ending { exit_code, oom } = Ending::code(137);
            inner.commit(What::ContainerDied { who, exit_code, oom }).map_err(refused)?;
        }
        things::predefine(&mut inner).map_err(refused)?;
        Ok(Self { options, clients: Clients::new(), inner: Mutex::new(inner), cuts: watch::Sender::new(0) })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The journal's lines after the one of this number.
    pub(crate) fn journal(&self, after: u64) -> std::io::Result<String> {
        self.lock().journal.after(after)
    }

    /// Events since then, and on, until they are cut.
    pub(crate) fn events(
        &self,
        since: Option<Timestamp>,
        until: Option<Timestamp>,
        filters: HashMap<String, Vec<String>>,
    ) -> impl Stream<Item = String> + Send + 'static + use<> {
        let (kept, news) = self.lock().events.listen(since);
        let mut cuts = self.cuts.subscribe();
        cuts.mark_unchanged();
        let mut kept: std::collections::VecDeque<_> = kept.into();
        // With an end in the past there is nothing to wait for.
        let only_kept = until.is_some_and(|until| until <= Timestamp::now());
        kept.retain(|told| until.is_none_or(|until| told.at <= until));
        futures_util::stream::unfold(
            (kept, news, cuts, filters),
            move |(mut kept, mut news, mut cuts, filters)| async move {
                loop {
                    let told = match kept.pop_front() {
                        Some(told) => told,
                        None if only_kept => return None,
                        None => tokio::select! {
                            told = news.recv() => told.ok()?,
                            _ = cuts.changed() => return None,
                        },
                    };
                    if told.passes(&filters) {
                        return Some((told.line.clone(), (kept, news, cuts, filters)));
                    }
                }
            },
        )
    }

    /// Ends every event stream.
    pub(crate) fn cut_events(&self) {
        self.cuts.send_modify(|count| *count += 1);
    }

    /// A way to a container's standard input, and what it writes.
    pub(crate) fn attach(
        &self,
        asked: &str,
        wanted: Wanted,
    ) -> Result<(Option<mpsc::UnboundedSender<Bytes>>, impl Stream<Item = Bytes> + Send + 'static + use<>), Refusal>
    {
        let mut inner = self.lock();
        let container = inner.container(asked)?;
        let (id, open) = (container.id.clone(), container.spec.open_stdin);
        let output = container.output.follow(wanted);
        let input = open.then(|| inner.side(&id).input.clone());
        Ok((input, output))
    }

    pub(crate) fn logs(
        &self,
        asked: &str,
        wanted: Wanted,
    ) -> Result<impl Stream<Item = Bytes> + Send + 'static + use<>, Refusal> {
        Ok(self.lock().container(asked)?.output.follow(wanted))
    }
}

/// 64 hexadecimal digits, as every id has.
fn new_id() -> String {
    rand::random::<[u8; 32]>().iter().map(|byte| format!("{byte:02x}")).collect()
}
