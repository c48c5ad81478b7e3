//! What can happen next. Each action says which function of the product it mirrors; each is one transaction of the
//! database, one engine call being sent, or one taking effect.

use super::Bug;
use super::world::{At, Container, Kind, Rest, Size, Task, Then, World};
use berth_shared::domain::desktop::Status;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    /// `lifecycle::ask`
    Ask(u8, Wish),
    /// `queue::claim` and `lifecycle::begin_start`, in one transaction.
    Claim(u8, u8),
    /// Only where the model is broken on purpose: the first half of a claim that counts.
    Count(u8),
    /// `queue::claim::promote`
    Promote(u8),
    /// `Permit::go`, and the engine call is sent.
    Send(usize),
    /// The engine does it, and the answer is there.
    Effect(usize),
    /// The engine does not, and says so.
    Fails(usize, Then),
    /// The transaction that the task is at.
    Write(usize),
    /// `Keeper::look`: a later wish waits.
    Notice(usize),
    /// `Go::Lost` by the worker's own clock: it drops the task.
    LetGo(usize),
    /// `Keeper::end_all` at SIGTERM: the job is handed back.
    HandBack(usize),
    Nap(u8),
    Wake(u8),
    Kill(u8),
    /// `lease_until` passes without a renewal.
    RunOut(u8),
    /// `queue::give_up_lease` in `lifecycle::expire_leases`
    Sweep(u8),
    /// Somebody removes the container by hand, or it dies with its engine.
    Lose(u8),
    /// `lifecycle::container_ended`: the watcher or the reconciler saw it.
    Ended(u8),
    /// The reconciler removes a container whose row proves it superseded.
    Reconcile(u8),
    Stranger(u8),
    /// `port_rests.until` passes.
    Rested(u8),
    /// A stranger leaves its port.
    Leaves(u8),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Wish {
    Start,
    Stop,
    Delete,
}

pub(super) fn n(small: usize) -> u8 {
    u8::try_from(small).unwrap()
}

/// What may happen next that is not bad luck and no wish: with fair scheduling, all of it does.
pub(crate) fn progress(world: &World, size: &Size, bug: Option<Bug>, actions: &mut Vec<Action>) {
    for d in 0..size.desktops {
        let desktop = &world.desktops[d];
        if desktop.waiting.is_some_and(|w| w.pauses) {
            actions.push(Action::Promote(n(d)));
        }
        if let Some(running) = desktop.running {
            let works = |t: &Task| t.worker == Some(running.worker) && t.token == running.token && t.desktop == n(d);
            let worked_on = world.tasks.iter().any(works) && !world.workers[usize::from(running.worker)].asleep;
            if running.ran_out {
                actions.push(Action::Sweep(n(d)));
            } else if !worked_on {
                actions.push(Action::RunOut(n(d)));
            }
        }
        let gone = desktop.container.is_none_or(|id| world.container(id).is_none_or(|c| !c.runs));
        if desktop.status == Some(Status::Running) && gone {
            actions.push(Action::Ended(n(d)));
        }
    }
    for w in (0..size.workers).filter(|w| world.workers[*w].asleep) {
        actions.push(Action::Wake(n(w)));
    }
    for w in (0..size.workers).filter(|w| !world.workers[*w].asleep) {
        if bug == Some(Bug::CountsRunning) && !world.workers[w].saw_room && running_starts(world) < size.slots {
            actions.push(Action::Count(n(w)));
        }
        actions.extend(
            (0..size.desktops).filter(|d| may_claim(world, size, bug, w, *d)).map(|d| Action::Claim(n(w), n(d))),
        );
    }
    for (at, task) in world.tasks.iter().enumerate() {
        let awake = task.worker.is_some_and(|w| !world.workers[usize::from(w)].asleep);
        if task.sent {
            actions.push(Action::Effect(at));
        } else if !awake {
            continue;
        } else if !is_call(task.at) {
            actions.push(Action::Write(at));
        } else if holds(world, task) || bug == Some(Bug::NoOwnClock) {
            actions.push(Action::Send(at));
        } else {
            actions.push(Action::LetGo(at));
        }
        let superseded = task.kind == Kind::Create && world.desktops[usize::from(task.desktop)].waiting.is_some();
        if superseded && awake && !task.sent && !settles(task.at) {
            actions.push(Action::Notice(at));
        }
    }
    if bug != Some(Bug::NoReconciler) {
        actions
            .extend(world.containers.iter().filter(|c| is_superseded(world, bug, c)).map(|c| Action::Reconcile(c.id)));
    }
    for p in 0..size.ports {
        let starts = |id: u8| world.tasks.iter().any(|t| t.sent && t.at == At::Start(id));
        let in_use = world.containers.iter().any(|c| c.port == n(p) && (c.runs || starts(c.id)));
        match world.ports[p].rests {
            Rest::No => {}
            Rest::Short => actions.push(Action::Rested(n(p))),
            // It is kept away from for minutes: longer than any call is on its way, and than an attempt takes to replace
            // the container that was made for it.
            Rest::Foreign if in_use => {}
            Rest::Foreign => actions.push(Action::Rested(n(p))),
        }
        if world.ports[p].stranger {
            actions.push(Action::Leaves(n(p)));
        }
    }
}

/// What may happen besides.
pub(crate) fn misfortune(world: &World, size: &Size, actions: &mut Vec<Action>) {
    let luck = world.luck;
    if luck.wishes > 0 {
        for d in (0..size.desktops).filter(|d| world.desktops[*d].status.is_some()) {
            actions.extend([Wish::Start, Wish::Stop, Wish::Delete].map(|wish| Action::Ask(n(d), wish)));
        }
    }
    let works = |w: usize| world.tasks.iter().any(|t| t.worker == Some(n(w)));
    for w in (0..size.workers).filter(|w| works(*w)) {
        if luck.naps > 0 && !world.workers[w].asleep {
            actions.push(Action::Nap(n(w)));
        }
        if luck.kills > 0 {
            actions.push(Action::Kill(n(w)));
        }
    }
    for (at, task) in world.tasks.iter().enumerate() {
        if luck.errors > 0 && task.sent {
            actions.push(Action::Fails(at, Then::Retry));
            if task.kind == Kind::Create {
                actions.push(Action::Fails(at, Then::GiveUp));
            }
        }
        let awake = task.worker.is_some_and(|w| !world.workers[usize::from(w)].asleep);
        if luck.hand_backs > 0 && awake && !task.sent && !settles(task.at) {
            actions.push(Action::HandBack(at));
        }
    }
    if luck.losses > 0 {
        actions.extend(world.containers.iter().map(|c| Action::Lose(c.id)));
    }
    if luck.strangers > 0 {
        let bound = |p: usize| world.ports[p].stranger || world.containers.iter().any(|c| c.runs && c.port == n(p));
        actions.extend((0..size.ports).filter(|p| !bound(*p)).map(|p| Action::Stranger(n(p))));
    }
}

pub(crate) fn running_starts(world: &World) -> usize {
    world.desktops.iter().filter(|d| d.running.is_some_and(|r| r.kind == Kind::Create)).count()
}

fn may_claim(world: &World, size: &Size, bug: Option<Bug>, w: usize, d: usize) -> bool {
    let desktop = &world.desktops[d];
    let Some(waiting) = desktop.waiting.filter(|w| !w.pauses) else { return false };
    let room = match bug {
        Some(Bug::CountsRunning) => world.workers[w].saw_room,
        _ => world.slots[..size.slots].contains(&None),
    };
    desktop.running.is_none() && (waiting.kind != Kind::Create || room)
}

/// By the worker's own clock, which never thinks a lease longer than it is.
fn holds(world: &World, task: &Task) -> bool {
    let running = world.desktops[usize::from(task.desktop)].running;
    running.is_some_and(|r| r.token == task.token && !r.ran_out)
}

fn is_call(at: At) -> bool {
    match at {
        At::List(..) | At::Remove(..) | At::Make(_) | At::Replace(..) | At::Start(_) => true,
        At::Port | At::Foreign | At::Created(_) | At::Ready(_) | At::Gone(_) | At::End(_) => false,
    }
}

/// Whether the work is over and only the end is left to do.
pub(super) fn settles(at: At) -> bool {
    match at {
        At::List(_, then) | At::Remove(_, then) | At::Gone(then) => then != Then::Start,
        At::End(_) => true,
        At::Port | At::Make(_) | At::Replace(..) | At::Start(_) | At::Foreign | At::Created(_) | At::Ready(_) => false,
    }
}

/// `tasks::compare::heal::is_superseded`: only what the records prove.
fn is_superseded(world: &World, bug: Option<Bug>, c: &Container) -> bool {
    let d = &world.desktops[usize::from(c.desktop)];
    if d.waiting.is_some() || d.running.is_some() {
        return false;
    }
    match d.status {
        // A completed cleanup job proves that its deletion was asked for and done.
        None => bug != Some(Bug::ForgetsDeleted),
        Some(Status::Stopped | Status::Failed) => c.generation <= d.generation,
        Some(Status::Running) => c.generation < d.generation,
        Some(Status::Queued | Status::Starting | Status::Stopping | Status::Deleting) => false,
    }
}
