//! What can happen next, step by step as the product does it. Each action says which function it mirrors; each is one
//! transaction of the database, one engine call being sent, or one taking effect. The decisions are the product's own:
//! [`decide`] is called, not copied.

use super::Bug;
use super::world::{At, Container, Desktop, Kind, Rest, Running, Size, Task, Then, Waiting, World};
use berth_shared::domain::desktop::Status;
use berth_shared::domain::transition::{Change, Decision, Input, Work, decide};

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

fn n(small: usize) -> u8 {
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
fn settles(at: At) -> bool {
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

/// `lifecycle::apply`
fn apply(d: &mut Desktop, change: Change) {
    d.status = Some(change.status);
    let kind = match change.work {
        Work::Keep => return,
        Work::Drop => {
            d.waiting = None;
            return;
        }
        Work::Create => {
            d.generation += 1;
            Kind::Create
        }
        Work::Stop => Kind::Stop,
        Work::Cleanup => Kind::Cleanup,
    };
    d.waiting = Some(Waiting { job: d.jobs, kind, generation: d.generation, pauses: false });
    d.jobs += 1;
}

fn observe(d: &mut Desktop, input: Input) {
    let Some(status) = d.status else { return };
    match decide(status, input) {
        Decision::Become(change) => apply(d, change),
        Decision::Gone => {
            d.status = None;
            d.container = None;
        }
        Decision::Same | Decision::Stale | Decision::Refuse(_) => {}
    }
}

/// `queue::finish::close`: the start slot comes back.
fn free_slot(world: &mut World, desktop: u8, job: u8) {
    world.slots.iter_mut().filter(|s| **s == Some((desktop, job))).for_each(|s| *s = None);
}

#[derive(PartialEq)]
enum Mine {
    Yes,
    Superseded,
    Lost,
}

/// `lifecycle::work::mine`
fn mine(world: &World, task: &Task, bug: Option<Bug>) -> Mine {
    let d = &world.desktops[usize::from(task.desktop)];
    let held = match bug {
        Some(Bug::NoTokenCompare) => true,
        _ => d.running.is_some_and(|r| r.token == task.token && !r.ran_out),
    };
    if !held {
        return Mine::Lost;
    }
    let wanted = match (task.kind, d.status) {
        (_, None) => false,
        (Kind::Create, Some(status)) => status == Status::Starting && d.generation == task.generation,
        (Kind::Stop, Some(_)) => true,
        (Kind::Cleanup, Some(status)) => status == Status::Deleting,
    };
    if wanted { Mine::Yes } else { Mine::Superseded }
}

/// `queue::finish`: compares the token. Back in line only when no later wish waits.
fn finish(world: &mut World, task: &Task, again: Option<bool>, bug: Option<Bug>) -> bool {
    let d = world.desktop(task);
    let Some(running) = d.running else { return false };
    if running.token != task.token && bug != Some(Bug::NoTokenCompare) {
        return false;
    }
    d.running = None;
    if let Some(pauses) = again
        && d.waiting.is_none()
    {
        d.waiting = Some(Waiting { job: running.job, kind: running.kind, generation: running.generation, pauses });
    }
    free_slot(world, task.desktop, running.job);
    true
}

fn first_step(task: &Task, bug: Option<Bug>) -> At {
    match task.kind {
        Kind::Create if task.generation > 1 => At::List(task.generation - 1, Then::Start),
        Kind::Create => At::Port,
        Kind::Stop if bug == Some(Bug::ReleasesFirst) => At::Gone(Then::Cleared),
        Kind::Stop => At::List(task.generation, Then::Cleared),
        Kind::Cleanup => At::List(task.generation, Then::Removed),
    }
}

/// Where the removal of containers leads.
fn removed(then: Then, bug: Option<Bug>) -> At {
    match then {
        Then::Start => At::Port,
        Then::Cancel => At::End(then),
        Then::Cleared if bug == Some(Bug::ReleasesFirst) => At::End(then),
        Then::Cleared | Then::Removed | Then::Retry | Then::GiveUp => At::Gone(then),
        Then::Snooze | Then::HandBack => At::End(then),
    }
}

pub(crate) fn step(mut world: World, size: &Size, bug: Option<Bug>, action: Action) -> World {
    match action {
        Action::Ask(d, wish) => ask(&mut world, d, wish),
        Action::Count(w) => world.workers[usize::from(w)].saw_room = true,
        Action::Claim(w, d) => claim(&mut world, size, bug, w, d),
        Action::Promote(d) => {
            if let Some(waiting) = &mut world.desktops[usize::from(d)].waiting {
                waiting.pauses = false;
            }
        }
        Action::Send(at) => world.tasks[at].sent = true,
        Action::Effect(at) => effect(&mut world, at, bug),
        Action::Fails(at, then) => {
            world.luck.errors -= 1;
            let task = &mut world.tasks[at];
            task.sent = false;
            // A start cleans up first; trouble in the cleaning decides without it. The rest is tried again.
            task.at = match task.kind {
                Kind::Create if !settles(task.at) => At::List(task.generation, then),
                Kind::Create | Kind::Stop | Kind::Cleanup => At::End(Then::Retry),
            };
            drop_dead(&mut world, at);
        }
        Action::Write(at) => write(&mut world, size, at, bug),
        Action::Notice(at) => world.tasks[at].at = At::List(world.tasks[at].generation, Then::Cancel),
        Action::LetGo(at) => _ = world.tasks.remove(at),
        Action::HandBack(at) => {
            world.luck.hand_backs -= 1;
            world.tasks[at].at = At::End(Then::HandBack);
        }
        Action::Nap(w) => {
            world.luck.naps -= 1;
            world.workers[usize::from(w)].asleep = true;
        }
        Action::Wake(w) => world.workers[usize::from(w)].asleep = false,
        Action::Kill(w) => {
            world.luck.kills -= 1;
            world.workers[usize::from(w)] = super::world::Worker::default();
            world.tasks.retain(|t| t.worker != Some(w) || t.sent);
            world.tasks.iter_mut().filter(|t| t.worker == Some(w)).for_each(|t| t.worker = None);
        }
        Action::RunOut(d) => {
            if let Some(running) = &mut world.desktops[usize::from(d)].running {
                running.ran_out = true;
            }
        }
        Action::Sweep(d) => sweep(&mut world, d, bug),
        Action::Lose(id) => {
            world.luck.losses -= 1;
            world.containers.retain(|c| c.id != id);
        }
        Action::Ended(d) => {
            let desktop = &mut world.desktops[usize::from(d)];
            observe(desktop, Input::EngineLost);
        }
        Action::Reconcile(id) => world.containers.retain(|c| c.id != id),
        Action::Stranger(p) => {
            world.luck.strangers -= 1;
            world.ports[usize::from(p)].stranger = true;
        }
        Action::Rested(p) => world.ports[usize::from(p)].rests = Rest::No,
        Action::Leaves(p) => world.ports[usize::from(p)].stranger = false,
    }
    world.in_order()
}

fn ask(world: &mut World, d: u8, wish: Wish) {
    world.luck.wishes -= 1;
    let held = world.port_of(d).is_some();
    let desktop = &mut world.desktops[usize::from(d)];
    let held = held || desktop.container.is_some() || desktop.running.is_some();
    observe(
        desktop,
        match wish {
            Wish::Start => Input::Start,
            Wish::Stop => Input::Stop { held },
            Wish::Delete => Input::Delete,
        },
    );
}

fn claim(world: &mut World, size: &Size, bug: Option<Bug>, w: u8, d: u8) {
    world.workers[usize::from(w)].saw_room = false;
    let desktop = &mut world.desktops[usize::from(d)];
    let Some(waiting) = desktop.waiting.take() else { return };
    let token = desktop.tokens;
    desktop.tokens += 1;
    let Waiting { job, kind, generation, .. } = waiting;
    if kind == Kind::Create {
        let Some(Decision::Become(change)) =
            desktop.status.filter(|_| desktop.generation == generation).map(|status| decide(status, Input::Claimed))
        else {
            return; // nobody wants it any more: it ends as cancelled, in the same transaction
        };
        desktop.status = Some(change.status);
        if let Some(free) = world.slots[..size.slots].iter_mut().find(|s| s.is_none()) {
            *free = Some((d, job));
        }
    }
    let desktop = &mut world.desktops[usize::from(d)];
    desktop.running = Some(Running { job, kind, generation, token, worker: w, ran_out: false });
    let mut task = Task { desktop: d, kind, generation, job, token, at: At::Port, sent: false, worker: Some(w) };
    task.at = first_step(&task, bug);
    world.tasks.push(task);
}

/// `queue::give_up_lease`, then back in line.
fn sweep(world: &mut World, d: u8, bug: Option<Bug>) {
    let desktop = &mut world.desktops[usize::from(d)];
    let Some(running) = desktop.running.take() else { return };
    if desktop.waiting.is_none() {
        let Running { job, kind, generation, .. } = running;
        desktop.waiting = Some(Waiting { job, kind, generation, pauses: false });
    }
    if running.kind == Kind::Create && running.generation == desktop.generation {
        observe(desktop, Input::BackInLine);
    }
    if bug != Some(Bug::SweepKeepsSlot) {
        free_slot(world, d, running.job);
    }
}

/// A dead process hears no answer.
fn drop_dead(world: &mut World, at: usize) {
    if world.tasks[at].worker.is_none() {
        world.tasks.remove(at);
    }
}

/// The engine carries out the call that was sent.
fn effect(world: &mut World, at: usize, bug: Option<Bug>) {
    let task = world.tasks[at];
    let of_it = |c: &Container, upto: u8| c.desktop == task.desktop && c.generation <= upto;
    let next = match task.at {
        At::List(upto, then) => {
            let found = world.containers.iter().filter(|c| of_it(c, upto)).fold(0, |all, c| all | 1 << c.id);
            if found == 0 { removed(then, bug) } else { At::Remove(found, then) }
        }
        At::Remove(which, then) => {
            let first = n(which.trailing_zeros() as usize);
            world.containers.retain(|c| c.id != first);
            let rest = which & !(1 << first);
            if rest == 0 { removed(then, bug) } else { At::Remove(rest, then) }
        }
        At::Make(port) => {
            // The name is desktop and generation: the engine's name conflict is the compare-and-swap.
            let named = world.containers.iter().find(|c| c.desktop == task.desktop && c.generation == task.generation);
            match named.copied() {
                Some(found) if found.port == port => At::Start(found.id),
                Some(found) => At::Replace(found.id, port),
                None => {
                    let id = new_id(world);
                    let (desktop, generation) = (task.desktop, task.generation);
                    world.containers.push(Container { id, desktop, generation, port, runs: false });
                    At::Start(id)
                }
            }
        }
        At::Replace(id, port) => {
            world.containers.retain(|c| c.id != id);
            At::Make(port)
        }
        At::Start(id) => match world.container(id).copied() {
            None => At::List(task.generation, Then::Retry),
            Some(c) if c.runs => At::Created(id),
            Some(c) => {
                let taken = world.ports[usize::from(c.port)].stranger
                    || world.containers.iter().any(|other| other.runs && other.port == c.port);
                if taken {
                    At::Foreign
                } else {
                    world.containers.iter_mut().filter(|c| c.id == id).for_each(|c| c.runs = true);
                    At::Created(id)
                }
            }
        },
        At::Port | At::Foreign | At::Created(_) | At::Ready(_) | At::Gone(_) | At::End(_) => return,
    };
    world.tasks[at].at = next;
    world.tasks[at].sent = false;
    drop_dead(world, at);
}

/// The lowest number that nobody has in mind.
fn new_id(world: &World) -> u8 {
    let used = |id: u8| {
        world.container(id).is_some()
            || world.desktops.iter().any(|d| d.container == Some(id))
            || world.tasks.iter().any(|t| match t.at {
                At::Remove(which, _) => which & (1 << id) != 0,
                At::Replace(other, _) | At::Start(other) | At::Created(other) | At::Ready(other) => other == id,
                At::List(..) | At::Port | At::Make(_) | At::Foreign | At::Gone(_) | At::End(_) => false,
            })
    };
    (0..8).find(|id| !used(*id)).expect("no more than eight containers are ever in anybody's mind")
}

/// One transaction of the task, under its token.
fn write(world: &mut World, size: &Size, at: usize, bug: Option<Bug>) {
    let task = world.tasks[at];
    let next = match (task.at, mine(world, &task, bug)) {
        (At::End(then), whose) => {
            end(world, &task, then, &whose, bug);
            None
        }
        (_, Mine::Lost) => None,
        (_, Mine::Superseded) => Some(At::List(task.generation, Then::Cancel)),
        (At::Port, Mine::Yes) => Some(lease_port(world, size, &task)),
        (At::Foreign, Mine::Yes) => {
            give_port_back(world, &task, Rest::Foreign);
            Some(At::Port)
        }
        (At::Created(id), Mine::Yes) => {
            world.desktop(&task).container = Some(id);
            Some(At::Ready(id))
        }
        (At::Ready(id), Mine::Yes) => {
            if world.container(id).is_some_and(|c| c.runs) {
                observe(world.desktop(&task), Input::Ready);
                finish(world, &task, None, bug);
                None
            } else {
                Some(At::List(task.generation, Then::Retry))
            }
        }
        (At::Gone(then), Mine::Yes) => {
            give_port_back(world, &task, Rest::Short);
            world.desktop(&task).container = None;
            Some(if bug == Some(Bug::ReleasesFirst) && then == Then::Cleared {
                At::List(task.generation, then)
            } else {
                At::End(then)
            })
        }
        (At::List(..) | At::Remove(..) | At::Make(_) | At::Replace(..) | At::Start(_), Mine::Yes) => return,
    };
    match next {
        Some(next) => world.tasks[at].at = next,
        None => _ = world.tasks.remove(at),
    }
}

/// `store::ports::release` and `release_as_foreign`
fn give_port_back(world: &mut World, task: &Task, rests: Rest) {
    if let Some(port) = world.port_of(task.desktop) {
        world.ports[port].leased_to = None;
        world.ports[port].rests = rests;
    }
}

/// `store::ports::lease`: its own, or the lowest that is free and has rested.
fn lease_port(world: &mut World, size: &Size, task: &Task) -> At {
    if let Some(own) = world.port_of(task.desktop) {
        return At::Make(n(own));
    }
    match (0..size.ports).find(|p| world.ports[*p].leased_to.is_none() && world.ports[*p].rests == Rest::No) {
        Some(port) => {
            world.ports[port].leased_to = Some(task.desktop);
            At::Make(n(port))
        }
        None => At::End(Then::Snooze),
    }
}

/// `StepDone::Cleared`, `StepDone::Removed`, `lifecycle::give_up` and `lifecycle::hand_on`.
fn end(world: &mut World, task: &Task, then: Then, whose: &Mine, bug: Option<Bug>) {
    let (input, again) = match then {
        Then::Cleared => (Input::Cleared, None),
        Then::Removed => (Input::Removed, None),
        Then::GiveUp => (Input::GaveUp, None),
        Then::Cancel => (Input::BackInLine, None),
        Then::Retry | Then::Snooze => (Input::BackInLine, Some(true)),
        Then::HandBack => (Input::BackInLine, Some(false)),
        Then::Start => return,
    };
    let reports = match then {
        Then::Cleared | Then::Removed | Then::GiveUp => true,
        Then::Cancel | Then::Retry | Then::Snooze | Then::HandBack | Then::Start => false,
    };
    if reports && *whose == Mine::Yes {
        observe(world.desktop(task), input);
        finish(world, task, None, bug);
    } else if reports && *whose == Mine::Superseded {
        finish(world, task, None, bug); // settles as cancelled
    } else if !reports && finish(world, task, again, bug) {
        let d = world.desktop(task);
        if task.kind == Kind::Create && d.generation == task.generation {
            observe(d, input);
        }
    }
}
