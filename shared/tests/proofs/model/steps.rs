//! What each action does, as the product does it. The decisions are the product's own: [`decide`] is called, not copied.

use super::Bug;
use super::actions::{Action, Wish, n, settles};
use super::world::{At, Container, Desktop, Kind, Rest, Running, Size, Task, Then, Waiting, World};
use berth_shared::domain::desktop::Status;
use berth_shared::domain::transition::{Change, Decision, Input, Work, decide};

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
