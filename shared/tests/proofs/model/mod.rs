//! Claim, lease, slot and port, searched exhaustively in a small world: no two holders of anything with effect, and nothing
//! held for ever, whatever is killed, put to sleep, removed or asked for in whatever order.
//!
//! Why stateright and not loom: loom permutes the atomics and locks of one process; our races are between processes that
//! meet in a database and in an engine, where a step is a transaction or a call. Stateright searches every order of such
//! steps and hands back the shortest way to what must not be.
//!
//! [`world`] is what there is, [`actions`] what can happen, [`steps`] what that does: written after the product's own
//! statements, one action for each transaction and each engine call, and calling the product's
//! [`decide`](berth_shared::domain::transition::decide). What each known mistake would do is searched as well
//! ([`Bug`]): a model that would not find them proves nothing.

mod actions;
mod lives;
mod steps;
mod world;

use actions::{Action, misfortune, progress, running_starts};
use berth_shared::domain::desktop::Status;
use stateright::{Checker as _, Model, Property};
use std::collections::HashMap;
use std::time::{Duration, Instant};
use steps::step;
use world::{Kind, Luck, Rest, Size, World};

/// Mistakes that the search must find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bug {
    /// Reports are written without a look at the lease token.
    NoTokenCompare,
    /// A claim counts the running starts instead of taking a slot's row.
    CountsRunning,
    /// A stop gives the port back before the container is gone.
    ReleasesFirst,
    /// A lease that ran out does not give its slot back.
    SweepKeepsSlot,
    /// A woken worker goes on with engine calls without a look at its own clock.
    NoOwnClock,
    /// Nobody compares records and engine.
    NoReconciler,
    /// What a deleted desktop's worker made too late is nobody's, because its row is gone.
    ForgetsDeleted,
}

struct Small {
    size: Size,
    bug: Option<Bug>,
}

const SLOTS: &str = "each running start has exactly one slot, and no slot is held by anything else";
const PORTS: &str = "no port on which something runs can be given to another desktop, and none is published twice";
const WORK: &str = "a desktop that waits for something has the job for it";
const RELEASED: &str = "a stopped or deleted desktop holds nothing, a running one has its port";
const ENDS: &str = "where nothing is left to do, everybody is where they wanted to be and nothing is held";

impl Model for Small {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![World::new(&self.size).in_order()]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        progress(world, &self.size, self.bug, actions);
        misfortune(world, &self.size, actions);
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        let next = step(world.clone(), &self.size, self.bug, action);
        (next != *world).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(SLOTS, |_, world: &World| slots_are_exact(world)),
            Property::always(PORTS, |_, world: &World| ports_are_known(world)),
            Property::always(WORK, |_, world: &World| world.desktops.iter().all(has_work)),
            Property::always(RELEASED, |_, world: &World| released(world)),
            Property::always(ENDS, |model: &Self, world: &World| !at_rest(model, world) || all_well(world)),
        ]
    }
}

fn slots_are_exact(world: &World) -> bool {
    let held = world.slots.iter().flatten().count();
    let right = |(desktop, job): &(u8, u8)| {
        world.desktops[usize::from(*desktop)].running.is_some_and(|r| r.job == *job && r.kind == Kind::Create)
    };
    world.slots.iter().flatten().all(right) && held == running_starts(world)
}

fn ports_are_known(world: &World) -> bool {
    let runs = || world.containers.iter().filter(|c| c.runs);
    runs().all(|c| {
        let port = &world.ports[usize::from(c.port)];
        let kept = port.leased_to == Some(c.desktop) || (port.leased_to.is_none() && port.rests != Rest::No);
        kept && runs().filter(|other| other.port == c.port).count() == 1
    })
}

fn has_work(d: &world::Desktop) -> bool {
    let waits =
        |kind| d.waiting.is_some_and(|w| w.kind == kind && (kind != Kind::Create || w.generation == d.generation));
    let runs =
        |kind| d.running.is_some_and(|r| r.kind == kind && (kind != Kind::Create || r.generation == d.generation));
    match d.status {
        Some(Status::Queued) => waits(Kind::Create),
        Some(Status::Starting) => runs(Kind::Create),
        Some(Status::Stopping) => waits(Kind::Stop) || runs(Kind::Stop),
        Some(Status::Deleting) => waits(Kind::Cleanup) || runs(Kind::Cleanup),
        Some(Status::Running | Status::Stopped | Status::Failed) | None => true,
    }
}

fn released(world: &World) -> bool {
    (0..).zip(&world.desktops).all(|(n, d)| match d.status {
        Some(Status::Running) => d.container.is_some() && world.port_of(n).is_some(),
        Some(Status::Stopped) | None => d.container.is_none() && world.port_of(n).is_none(),
        Some(Status::Queued | Status::Starting | Status::Stopping | Status::Failed | Status::Deleting) => true,
    })
}

fn at_rest(model: &Small, world: &World) -> bool {
    let mut left = Vec::new();
    progress(world, &model.size, model.bug, &mut left);
    left.is_empty()
}

/// Every wish honoured, nothing held but by what runs.
fn all_well(world: &World) -> bool {
    let settled = (0..).zip(&world.desktops).all(|(n, d)| {
        let mine = |c: &&world::Container| c.desktop == n;
        match d.status {
            Some(Status::Running) => {
                let of_it: Vec<_> = world.containers.iter().filter(mine).collect();
                of_it.len() == 1 && of_it[0].runs && d.container == Some(of_it[0].id)
            }
            Some(Status::Stopped | Status::Failed) | None => {
                !world.containers.iter().any(|c| c.desktop == n) && world.port_of(n).is_none()
            }
            Some(Status::Queued | Status::Starting | Status::Stopping | Status::Deleting) => false,
        }
    });
    let idle = world.desktops.iter().all(|d| d.waiting.is_none() && d.running.is_none());
    settled && idle && world.tasks.is_empty() && world.slots.iter().all(Option::is_none)
}

/// From wherever luck led, is there always a way back to where all is well? Searched over the whole graph: backwards from
/// the worlds that are well. The eventually-properties of stateright are not enough: they do not follow a cycle.
fn nobody_is_trapped(model: &Small) -> Result<usize, Box<World>> {
    let mut known: HashMap<World, usize> = HashMap::new();
    let mut worlds = model.init_states();
    let mut came_from: Vec<Vec<usize>> = vec![Vec::new()];
    known.insert(worlds[0].clone(), 0);
    let mut at = 0;
    let mut actions = Vec::new();
    while at < worlds.len() {
        actions.clear();
        model.actions(&worlds[at], &mut actions);
        for action in actions.drain(..) {
            let next = step(worlds[at].clone(), &model.size, model.bug, action);
            let to = *known.entry(next.clone()).or_insert_with(|| {
                worlds.push(next);
                came_from.push(Vec::new());
                worlds.len() - 1
            });
            came_from[to].push(at);
        }
        at += 1;
    }
    let mut safe: Vec<bool> = worlds.iter().map(|world| at_rest(model, world) && all_well(world)).collect();
    let mut back: Vec<usize> = (0..worlds.len()).filter(|at| safe[*at]).collect();
    while let Some(at) = back.pop() {
        for from in &came_from[at] {
            if !std::mem::replace(&mut safe[*from], true) {
                back.push(*from);
            }
        }
    }
    match safe.iter().position(|safe| !safe) {
        Some(trapped) => Err(Box::new(worlds.swap_remove(trapped))),
        None => Ok(worlds.len()),
    }
}

const NO_LUCK: Luck = Luck { wishes: 0, naps: 0, kills: 0, errors: 0, strangers: 0, losses: 0, hand_backs: 0 };
const ONE: Size = Size { workers: 2, desktops: 1, slots: 1, ports: 2, luck: NO_LUCK };
const TWO: Size = Size { desktops: 2, ..ONE };
const THREE: Size = Size { workers: 3, desktops: 3, slots: 2, ..ONE };
const LONG: Duration = Duration::from_secs(600);

/// Searches everything and asserts every property.
#[expect(clippy::print_stdout, reason = "how much was searched is for who reads the test's output")]
fn holds_in(size: Size) {
    let begun = Instant::now();
    let search = Small { size, bug: None }.checker().threads(2).timeout(LONG).spawn_bfs().join();
    if let Some((name, path)) = search.discoveries().iter().next() {
        panic!("not so: {name}\n{:#?}\n{:#?}", path.clone().into_actions(), path.last_state());
    }
    assert!(begun.elapsed() < LONG, "the search did not end in time");
    println!("{size:?}: {} worlds, {} deep, {:?}", search.unique_state_count(), search.max_depth(), begun.elapsed());
}

fn finds(bug: Bug, size: Size, broken: &'static str) {
    let search = Small { size, bug: Some(bug) }.checker().threads(2).timeout(LONG).spawn_bfs().join();
    let found = search.discoveries();
    assert!(found.contains_key(broken), "{bug:?} broke only {:?}", found.keys());
}

#[test]
fn one_desktop_whatever_is_asked() {
    holds_in(Size { luck: Luck { wishes: 3, naps: 1, ..NO_LUCK }, ..ONE });
    holds_in(Size { luck: Luck { wishes: 2, naps: 1, kills: 1, ..NO_LUCK }, ..ONE });
}

#[test]
fn one_desktop_whatever_breaks() {
    for luck in [
        Luck { wishes: 1, naps: 1, errors: 1, hand_backs: 1, ..NO_LUCK },
        Luck { wishes: 1, naps: 1, losses: 1, strangers: 1, ..NO_LUCK },
        Luck { naps: 1, kills: 1, losses: 1, strangers: 1, ..NO_LUCK },
        Luck { wishes: 1, kills: 2, errors: 1, ..NO_LUCK },
    ] {
        holds_in(Size { luck, ..ONE });
    }
}

#[test]
fn two_desktops_that_want_the_same_slot() {
    holds_in(Size { luck: Luck { wishes: 1, naps: 1, ..NO_LUCK }, ..TWO });
}

#[test]
fn three_desktops_three_workers_two_slots_two_ports() {
    holds_in(Size { luck: Luck { kills: 1, ..NO_LUCK }, ..THREE });
}

#[test]
#[expect(clippy::print_stdout, reason = "how much was searched is for who reads the test's output")]
fn from_wherever_there_is_a_way_back() {
    for luck in [
        Luck { wishes: 1, naps: 1, kills: 1, ..NO_LUCK },
        Luck { wishes: 1, naps: 1, errors: 1, hand_backs: 1, ..NO_LUCK },
        Luck { naps: 1, kills: 1, losses: 1, strangers: 1, ..NO_LUCK },
    ] {
        let worlds = nobody_is_trapped(&Small { size: Size { luck, ..ONE }, bug: None });
        println!("{luck:?}: {} worlds, a way back from each", worlds.unwrap_or_else(|world| panic!("{world:#?}")));
    }
}

#[test]
fn known_mistakes_are_found() {
    let asked = Luck { wishes: 1, ..NO_LUCK };
    let nap = Luck { naps: 1, ..asked };
    finds(Bug::CountsRunning, TWO, SLOTS);
    finds(Bug::ReleasesFirst, Size { luck: asked, ..ONE }, PORTS);
    finds(Bug::SweepKeepsSlot, Size { luck: Luck { kills: 1, ..NO_LUCK }, ..ONE }, SLOTS);
    finds(Bug::NoTokenCompare, Size { luck: nap, ..ONE }, WORK);
    finds(Bug::NoOwnClock, Size { luck: nap, ..ONE }, PORTS);
    finds(Bug::NoReconciler, Size { luck: nap, ..ONE }, ENDS);
    finds(Bug::ForgetsDeleted, Size { luck: nap, ..ONE }, ENDS);
}
