//! A small world: the rows of the database, the engine's containers and ports, and what each worker has in its head.
//! Everything is small and ordered, so that two worlds that differ in nothing that matters are equal.

use berth_shared::domain::desktop::Status;

pub(crate) const MOST: usize = 3;

/// How big the world is, and how often each misfortune may come.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) workers: usize,
    pub(crate) desktops: usize,
    pub(crate) slots: usize,
    pub(crate) ports: usize,
    pub(crate) luck: Luck,
}

/// What may still happen to it that nobody wants, and what people may still ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Luck {
    pub(crate) wishes: u8,
    /// SIGSTOP for longer than a lease.
    pub(crate) naps: u8,
    /// kill -9; another process takes the place.
    pub(crate) kills: u8,
    /// Engine calls that fail.
    pub(crate) errors: u8,
    pub(crate) strangers: u8,
    /// Containers removed by hand, or lost with the engine.
    pub(crate) losses: u8,
    /// Graceful shutdowns: what was claimed is handed back.
    pub(crate) hand_backs: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Desktop {
    /// None: the row is gone.
    pub(crate) status: Option<Status>,
    pub(crate) generation: u8,
    pub(crate) container: Option<u8>,
    /// Jobs and leases made for it so far, as far as anybody can still tell them apart.
    pub(crate) jobs: u8,
    pub(crate) tokens: u8,
    pub(crate) waiting: Option<Waiting>,
    pub(crate) running: Option<Running>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
    Create,
    Stop,
    Cleanup,
}

/// The one job that waits: available, or in a pause between two tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Waiting {
    pub(crate) job: u8,
    pub(crate) kind: Kind,
    pub(crate) generation: u8,
    pub(crate) pauses: bool,
}

/// The one job that runs, under a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Running {
    pub(crate) job: u8,
    pub(crate) kind: Kind,
    pub(crate) generation: u8,
    pub(crate) token: u8,
    pub(crate) worker: u8,
    /// `lease_until` is past.
    pub(crate) ran_out: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Port {
    pub(crate) leased_to: Option<u8>,
    pub(crate) rests: Rest,
    /// A stranger listens there.
    pub(crate) stranger: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) enum Rest {
    #[default]
    No,
    /// It was given back.
    Short,
    /// Somebody else listens there.
    Foreign,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Container {
    pub(crate) id: u8,
    pub(crate) desktop: u8,
    pub(crate) generation: u8,
    pub(crate) port: u8,
    pub(crate) runs: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Worker {
    pub(crate) asleep: bool,
    /// Only where the model is broken on purpose: it counted the running starts and saw room for one more.
    pub(crate) saw_room: bool,
}

/// One claim being worked on, as its worker believes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Task {
    pub(crate) desktop: u8,
    pub(crate) kind: Kind,
    pub(crate) generation: u8,
    pub(crate) job: u8,
    pub(crate) token: u8,
    pub(crate) at: At,
    /// The engine call that `at` names was sent. It takes effect when it likes, whatever becomes of who sent it.
    pub(crate) sent: bool,
    /// None: that process is dead, and only its last call is still on its way.
    pub(crate) worker: Option<u8>,
}

/// The next step of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum At {
    /// Engine: which containers of this desktop are there, up to this generation?
    List(u8, Then),
    /// Engine: remove these (a bit for each id), one by one.
    Remove(u8, Then),
    /// Database: `lifecycle::lease_port`.
    Port,
    /// Engine: create on this port, or adopt what has the name.
    Make(u8),
    /// Engine: remove this one, which has the name but another port; then make it anew.
    Replace(u8, u8),
    /// Engine: start this container.
    Start(u8),
    /// Database: `lifecycle::port_is_foreign`.
    Foreign,
    /// Database: `StepDone::Created`.
    Created(u8),
    /// Engine and database: painted? Then `StepDone::Ready`.
    Ready(u8),
    /// Database: `StepDone::ContainerGone`.
    Gone(Then),
    /// Database: the one write that ends the job.
    End(Then),
}

/// What follows when the containers are away, and how the job ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Then {
    /// Older generations are away: go on with the start.
    Start,
    Cleared,
    Removed,
    Cancel,
    Retry,
    Snooze,
    GiveUp,
    HandBack,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct World {
    pub(crate) desktops: [Desktop; MOST],
    /// Which desktop's which job holds each start slot.
    pub(crate) slots: [Option<(u8, u8)>; MOST],
    pub(crate) ports: [Port; MOST],
    pub(crate) containers: Vec<Container>,
    pub(crate) workers: [Worker; MOST],
    pub(crate) tasks: Vec<Task>,
    pub(crate) luck: Luck,
}

impl World {
    /// Every desktop was just asked for.
    pub(crate) fn new(size: &Size) -> Self {
        let asked = Desktop {
            status: Some(Status::Queued),
            generation: 1,
            container: None,
            jobs: 1,
            tokens: 0,
            waiting: Some(Waiting { job: 0, kind: Kind::Create, generation: 1, pauses: false }),
            running: None,
        };
        let none = Desktop { status: None, generation: 0, jobs: 0, waiting: None, ..asked };
        Self {
            desktops: std::array::from_fn(|n| if n < size.desktops { asked } else { none }),
            slots: [None; MOST],
            ports: [Port::default(); MOST],
            containers: Vec::new(),
            workers: [Worker::default(); MOST],
            tasks: Vec::new(),
            luck: size.luck,
        }
    }

    pub(crate) fn desktop(&mut self, task: &Task) -> &mut Desktop {
        &mut self.desktops[usize::from(task.desktop)]
    }

    pub(crate) fn container(&self, id: u8) -> Option<&Container> {
        self.containers.iter().find(|c| c.id == id)
    }

    pub(crate) fn port_of(&self, desktop: u8) -> Option<usize> {
        self.ports.iter().position(|port| port.leased_to == Some(desktop))
    }

    /// Gives containers, jobs and tokens the lowest numbers that keep them apart, and orders what has no order: then worlds
    /// that came about differently and are the same are equal.
    pub(crate) fn in_order(mut self) -> Self {
        self.renumber_containers();
        for n in 0..MOST {
            self.renumber_desktop(n);
        }
        self.containers.sort_unstable();
        self.tasks.sort_unstable();
        self.renumber_workers();
        self
    }

    /// Workers are alike but for what they do: they are numbered by who comes first in what is done.
    fn renumber_workers(&mut self) {
        let at_work = self.desktops.iter().filter_map(|d| d.running.map(|r| r.worker));
        let mut order: Vec<u8> = Vec::with_capacity(MOST);
        for worker in at_work.chain(self.tasks.iter().filter_map(|t| t.worker)) {
            if !order.contains(&worker) {
                order.push(worker);
            }
        }
        let mut rest: Vec<u8> = (0..).take(MOST).filter(|w| !order.contains(w)).collect();
        rest.sort_unstable_by_key(|w| {
            let Worker { asleep, saw_room } = self.workers[usize::from(*w)];
            (!asleep, !saw_room, *w)
        });
        order.extend(rest);
        let new = |old: u8| (0..).zip(&order).find_map(|(new, w)| (*w == old).then_some(new)).unwrap_or(old);
        self.workers = std::array::from_fn(|n| self.workers[usize::from(order[n])]);
        self.desktops.iter_mut().filter_map(|d| d.running.as_mut()).for_each(|r| r.worker = new(r.worker));
        self.tasks.iter_mut().for_each(|t| t.worker = t.worker.map(new));
        self.tasks.sort_unstable();
    }

    fn renumber_containers(&mut self) {
        let mut seen: u16 = 0;
        let mut see = |id: u8| seen |= 1 << id;
        self.containers.iter().for_each(|c| see(c.id));
        self.desktops.iter().filter_map(|d| d.container).for_each(&mut see);
        for task in &self.tasks {
            match task.at {
                At::Remove(which, _) => seen |= u16::from(which),
                At::Replace(id, _) | At::Start(id) | At::Created(id) | At::Ready(id) => seen |= 1 << id,
                At::List(..) | At::Port | At::Make(_) | At::Foreign | At::Gone(_) | At::End(_) => {}
            }
        }
        let new = |id: u8| u8::try_from((seen & ((1 << id) - 1)).count_ones()).unwrap();
        self.containers.iter_mut().for_each(|c| c.id = new(c.id));
        self.desktops.iter_mut().filter_map(|d| d.container.as_mut()).for_each(|id| *id = new(*id));
        for task in &mut self.tasks {
            match &mut task.at {
                At::Remove(which, _) => {
                    *which = (0..8).filter(|id| *which & (1 << id) != 0).fold(0, |all, id| all | 1 << new(id));
                }
                At::Replace(id, _) | At::Start(id) | At::Created(id) | At::Ready(id) => *id = new(*id),
                At::List(..) | At::Port | At::Make(_) | At::Foreign | At::Gone(_) | At::End(_) => {}
            }
        }
    }

    fn renumber_desktop(&mut self, n: usize) {
        let here = u8::try_from(n).unwrap();
        let d = &mut self.desktops[n];
        let (mut jobs, mut tokens): (u16, u16) = (0, 0);
        jobs |= d.waiting.map_or(0, |w| 1 << w.job) | d.running.map_or(0, |r| 1 << r.job);
        tokens |= d.running.map_or(0, |r| 1 << r.token);
        for (_, job) in self.slots.iter().flatten().filter(|(desktop, _)| *desktop == here) {
            jobs |= 1 << job;
        }
        for task in self.tasks.iter().filter(|t| t.desktop == here) {
            jobs |= 1 << task.job;
            tokens |= 1 << task.token;
        }
        let new = |all: u16, id: u8| u8::try_from((all & ((1 << id) - 1)).count_ones()).unwrap();
        if let Some(waiting) = &mut d.waiting {
            waiting.job = new(jobs, waiting.job);
        }
        if let Some(running) = &mut d.running {
            (running.job, running.token) = (new(jobs, running.job), new(tokens, running.token));
        }
        d.jobs = u8::try_from(jobs.count_ones()).unwrap();
        d.tokens = u8::try_from(tokens.count_ones()).unwrap();
        for (_, job) in self.slots.iter_mut().flatten().filter(|(desktop, _)| *desktop == here) {
            *job = new(jobs, *job);
        }
        for task in self.tasks.iter_mut().filter(|t| t.desktop == here) {
            (task.job, task.token) = (new(jobs, task.job), new(tokens, task.token));
        }
    }
}
