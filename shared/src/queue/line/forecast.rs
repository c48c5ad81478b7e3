//! Plays the line forward: which waiting start takes which slot, when, and how many go before it. Pure.
//!
//! ```text
//!  entries in claim order ──▶ ready now, or when its pause ends ─┐        a slot becomes free ─┐
//!                                                                ▼                             ▼
//!               the first of them that this node may start takes the slot, for as long as such a start takes
//! ```
//!
//! It mirrors what `claim` does: the lowest rank first, a desktop whose home is on a node only there. Each of `n` starts
//! costs a few logarithms of `n`, so ten thousand can be told their places every second.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

/// One waiting start. Entries are given in claim order.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Entry {
    /// The only node that may start it, by its place in the list of nodes.
    pub(super) home: Home,
    /// Seconds until a claim may take it; zero: now.
    pub(super) ready_in: f64,
    /// An earlier job of its desktop still runs. It counts as ahead of others all the same: it will be there in a moment.
    pub(super) blocked: bool,
    /// How long it will hold a slot.
    pub(super) takes: f64,
    /// When it came into line, and whether it had begun before: the latest of each kind that goes before one is kept.
    pub(super) came: i64,
    pub(super) returned: bool,
}

/// Where an entry may start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Home {
    #[default]
    Anywhere,
    Node(usize),
    /// On a node where nothing starts at this moment.
    Nowhere,
}

/// What becomes of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Turn {
    /// Seconds until it gets its slot. None: nothing moves for it.
    pub(super) begins_in: Option<f64>,
    /// How many starts that could take its slot go before it.
    pub(super) ahead: usize,
    /// When the latest of those came into line: newcomers, and those that had begun before.
    pub(super) newest: i64,
    pub(super) newest_returned: i64,
}

/// What becomes of everybody, and when a start at the very end would begin.
#[derive(Debug, Clone, Default)]
pub(super) struct Forecast {
    pub(super) turns: Vec<Turn>,
    pub(super) after_all: Option<f64>,
}

/// A time that can be ordered.
#[derive(Debug, Clone, Copy, PartialEq)]
struct At(f64);

impl Eq for At {}
impl PartialOrd for At {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for At {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// `free_in`: for each node, the seconds until each of its slots is free.
pub(super) fn forecast(entries: &[Entry], free_in: &[Vec<f64>]) -> Forecast {
    let mut play = Play {
        entries,
        turns: vec![Turn::default(); entries.len()],
        ready: vec![BinaryHeap::new(); free_in.len() + 1],
        idle: vec![VecDeque::new(); free_in.len()],
        slots: BinaryHeap::new(),
        before: vec![Prefix::new(entries.len()); free_in.len() + 2],
    };
    for (node, slots) in free_in.iter().enumerate() {
        play.slots.extend(slots.iter().map(|at| Reverse((At(*at), node))));
    }
    play.run();
    let rest = play.slots.into_iter().map(|Reverse((at, _))| at.0).chain(play.idle.into_iter().flatten());
    Forecast { turns: play.turns, after_all: rest.min_by(f64::total_cmp) }
}

struct Play<'a> {
    entries: &'a [Entry],
    turns: Vec<Turn>,
    /// Those that wait for a slot now: for each node, and last for any.
    ready: Vec<BinaryHeap<Reverse<usize>>>,
    /// Since when slots are free that nobody wants.
    idle: Vec<VecDeque<f64>>,
    slots: BinaryHeap<Reverse<(At, usize)>>,
    /// Those that go first: for each node, for any, and for nowhere.
    before: Vec<Prefix>,
}

impl Play<'_> {
    fn run(&mut self) {
        let mut coming: Vec<usize> =
            (0..self.entries.len()).filter(|at| self.entries[*at].home != Home::Nowhere).collect();
        coming.sort_by(|a, b| self.entries[*a].ready_in.total_cmp(&self.entries[*b].ready_in).then(a.cmp(b)));
        for at in 0..self.entries.len() {
            if self.entries[at].blocked {
                self.count(at);
            }
        }
        let mut coming = coming.into_iter().peekable();
        loop {
            let comes = coming.peek().map(|at| self.entries[*at].ready_in);
            let frees = self.slots.peek().map(|Reverse((at, _))| at.0);
            match (comes, frees) {
                (Some(comes), frees) if frees.is_none_or(|frees| comes <= frees) => {
                    if let Some(at) = coming.next() {
                        self.arrive(at, comes);
                    }
                }
                (_, Some(_)) => {
                    if let Some(Reverse((at, node))) = self.slots.pop() {
                        self.free(node, at.0);
                    }
                }
                (_, None) => break,
            }
        }
        // Nothing moves for the rest: their places are those of the claim order.
        for at in 0..self.entries.len() {
            if self.turns[at].begins_in.is_none() {
                self.place(at, None);
            }
        }
    }

    /// An entry may be claimed from now on: by a slot that waits for it, if there is one.
    fn arrive(&mut self, at: usize, now: f64) {
        let any = self.idle.len();
        let node = match self.entries[at].home {
            Home::Node(node) => Some(node).filter(|node| !self.idle[*node].is_empty()),
            Home::Anywhere => (0..any).find(|node| !self.idle[*node].is_empty()),
            Home::Nowhere => None,
        };
        match node {
            Some(node) => {
                self.idle[node].pop_front();
                self.take(at, node, now);
            }
            None => {
                let list = if let Home::Node(node) = self.entries[at].home { node } else { any };
                self.ready[list].push(Reverse(at));
            }
        }
    }

    /// A slot is free: the first that this node may start takes it.
    fn free(&mut self, node: usize, now: f64) {
        let any = self.idle.len();
        let first = |list: usize| self.ready[list].peek().map(|Reverse(at)| *at);
        let list = match (first(node), first(any)) {
            (Some(here), Some(anywhere)) => Some(if here < anywhere { node } else { any }),
            (Some(_), None) => Some(node),
            (None, Some(_)) => Some(any),
            (None, None) => None,
        };
        match list.and_then(|list| self.ready[list].pop()) {
            Some(Reverse(at)) => self.take(at, node, now),
            None => self.idle[node].push_back(now),
        }
    }

    fn take(&mut self, at: usize, node: usize, now: f64) {
        self.place(at, Some(now));
        self.slots.push(Reverse((At(now + self.entries[at].takes), node)));
    }

    /// Notes when its turn is and who goes before it: those of the same node, and those that may start anywhere.
    fn place(&mut self, at: usize, begins_in: Option<f64>) {
        let any = self.idle.len();
        let rivals = match self.entries[at].home {
            Home::Node(node) => [node..node + 1, any..any + 1],
            Home::Anywhere => [0..any + 1, 0..0],
            Home::Nowhere => [any + 1..any + 2, 0..0],
        };
        let mut turn = Turn { begins_in, ..Turn::default() };
        for list in rivals.into_iter().flatten() {
            self.before[list].read(at, &mut turn);
        }
        self.turns[at] = turn;
        if !self.entries[at].blocked && (begins_in.is_some() || self.entries[at].ready_in <= 0.0) {
            self.count(at);
        }
    }

    fn count(&mut self, at: usize) {
        let any = self.idle.len();
        let list = match self.entries[at].home {
            Home::Node(node) => node,
            Home::Anywhere => any,
            Home::Nowhere => any + 1,
        };
        self.before[list].add(at, &self.entries[at]);
    }
}

/// How many of those before a place, and the latest of them: a Fenwick tree.
#[derive(Clone)]
struct Prefix(Vec<(usize, i64, i64)>);

impl Prefix {
    fn new(len: usize) -> Self {
        Self(vec![(0, i64::MIN, i64::MIN); len + 1])
    }

    fn add(&mut self, at: usize, entry: &Entry) {
        let mut node = at + 1;
        while node < self.0.len() {
            let (count, newest, newest_returned) = &mut self.0[node];
            *count += 1;
            let latest = if entry.returned { newest_returned } else { newest };
            *latest = entry.came.max(*latest);
            node += node & node.wrapping_neg();
        }
    }

    /// Adds to `turn` what stands before the place `at`.
    fn read(&self, at: usize, turn: &mut Turn) {
        let mut node = at;
        while node > 0 {
            let (count, newest, newest_returned) = self.0[node];
            turn.ahead += count;
            turn.newest = newest.max(turn.newest);
            turn.newest_returned = newest_returned.max(turn.newest_returned);
            node -= node & node.wrapping_neg();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Entry, Home, Turn, forecast};
    use proptest::prelude::*;

    fn begins(entries: &[Entry], free_in: &[Vec<f64>]) -> Vec<Option<f64>> {
        forecast(entries, free_in).turns.iter().map(|t| t.begins_in).collect()
    }

    fn ahead(entries: &[Entry], free_in: &[Vec<f64>]) -> Vec<usize> {
        forecast(entries, free_in).turns.iter().map(|t| t.ahead).collect()
    }

    const THREE: Entry =
        Entry { home: Home::Anywhere, ready_in: 0.0, blocked: false, takes: 3.0, came: 0, returned: false };

    #[test]
    fn slots_are_taken_in_order_as_they_become_free() {
        let line = [THREE; 4];
        assert_eq!(begins(&line, &[vec![2.0, 3.0]]), [2.0, 3.0, 5.0, 6.0].map(Some));
        assert_eq!(ahead(&line, &[vec![2.0, 3.0]]), [0, 1, 2, 3]);
        assert_eq!(forecast(&line, &[vec![2.0, 3.0]]).after_all, Some(8.0));
        assert_eq!(begins(&line, &[vec![0.0; 8]]), [Some(0.0); 4]);
    }

    #[test]
    fn where_nothing_moves_the_order_is_still_told() {
        assert_eq!(begins(&[THREE; 3], &[]), [None; 3]);
        assert_eq!(ahead(&[THREE; 3], &[]), [0, 1, 2]);
        let away = Entry { home: Home::Nowhere, ..THREE };
        assert_eq!(ahead(&[away, THREE, away], &[vec![0.0]]), [0, 0, 1], "one whose node is away holds nobody up");
    }

    #[test]
    fn a_home_waits_for_its_node_and_the_rest_goes_round_it() {
        let here = Entry { home: Home::Node(0), ..THREE };
        let line = [here, here, THREE];
        // Node 0 has one slot, free in 10 s; node 1 has one that is free now.
        assert_eq!(begins(&line, &[vec![10.0], vec![0.0]]), [10.0, 13.0, 0.0].map(Some));
        assert_eq!(ahead(&line, &[vec![10.0], vec![0.0]]), [0, 1, 0]);
    }

    #[test]
    fn what_comes_back_before_ones_turn_goes_first_by_its_rank() {
        let back = |ready_in| Entry { ready_in, returned: true, came: 7, ..THREE };
        // One slot, free in 2 s: the first entry is back in 1 s and goes first; one that is back in 9 s does not.
        assert_eq!(begins(&[back(1.0), THREE], &[vec![2.0]]), [2.0, 5.0].map(Some));
        assert_eq!(begins(&[back(9.0), THREE], &[vec![2.0]]), [9.0, 2.0].map(Some));
        assert_eq!(ahead(&[back(1.0), THREE], &[vec![2.0]]), [0, 1]);
        assert_eq!(ahead(&[back(9.0), THREE], &[vec![2.0]]), [0, 0]);
        assert_eq!(forecast(&[back(1.0), THREE], &[vec![2.0]]).turns[1].newest_returned, 7);
    }

    #[test]
    fn one_whose_stop_still_runs_is_ahead_already() {
        let blocked = Entry { ready_in: 4.0, blocked: true, ..THREE };
        assert_eq!(ahead(&[blocked, THREE], &[vec![0.0]]), [0, 1]);
        assert_eq!(begins(&[blocked, THREE], &[vec![0.0]]), [4.0, 0.0].map(Some));
    }

    #[test]
    fn ten_thousand_are_told_in_a_moment() {
        let line: Vec<Entry> =
            (0..10_000u32).map(|n| Entry { ready_in: if n % 3 == 0 { f64::from(n) } else { 0.0 }, ..THREE }).collect();
        let begun = std::time::Instant::now();
        let told = forecast(&line, &[vec![0.0; 4], vec![1.0; 100]]);
        assert_eq!(told.turns.len(), 10_000);
        assert!(begun.elapsed().as_millis() < 500, "{:?}", begun.elapsed());
    }

    /// The same, said the slow way: at each moment, whoever is first of those that may start.
    fn slowly(entries: &[Entry], free_in: &[Vec<f64>]) -> Vec<Option<f64>> {
        let mut begins = vec![None; entries.len()];
        let mut slots: Vec<(f64, usize)> =
            free_in.iter().enumerate().flat_map(|(node, s)| s.iter().map(move |at| (*at, node))).collect();
        loop {
            let mut best: Option<(f64, usize, usize)> = None; // when, who, which slot
            for (at, entry) in entries.iter().enumerate().filter(|(at, _)| begins[*at].is_none()) {
                for (slot, (free, node)) in slots.iter().enumerate() {
                    let fits = match entry.home {
                        Home::Anywhere => true,
                        Home::Node(home) => home == *node,
                        Home::Nowhere => false,
                    };
                    let when = free.max(entry.ready_in);
                    if fits && best.is_none_or(|(b, who, s)| (when, at, slots[slot].0) < (b, who, slots[s].0)) {
                        best = Some((when, at, slot));
                    }
                }
            }
            let Some((when, at, slot)) = best else { return begins };
            begins[at] = Some(when);
            slots[slot].0 = when + entries[at].takes;
        }
    }

    proptest! {
        #[test]
        fn is_what_the_slow_way_says(
            line in prop::collection::vec((0..9u8, 0..4u8), 0..25),
            slots in prop::collection::vec(0..5u8, 1..4),
        ) {
            let line: Vec<Entry> = line
                .into_iter()
                .map(|(ready, takes)| Entry {
                    ready_in: f64::from(ready.saturating_sub(4)),
                    takes: f64::from(takes) + 1.0,
                    ..THREE
                })
                .collect();
            let free_in = [slots.into_iter().map(f64::from).collect::<Vec<_>>()];
            prop_assert_eq!(begins(&line, &free_in), slowly(&line, &free_in));
        }

        /// Whoever has a slot has it after everybody who counts as ahead of it. Of those who begin at the very same moment, on
        /// slots of their own, it does not matter whether they count.
        #[test]
        fn those_ahead_are_earlier_in_line(
            line in prop::collection::vec((0..9u8, 0..4usize), 0..25), slots in prop::collection::vec(0..5u8, 0..3),
        ) {
            let line: Vec<Entry> = line
                .into_iter()
                .map(|(ready, home)| Entry {
                    ready_in: f64::from(ready.saturating_sub(4)),
                    home: [Home::Anywhere, Home::Node(0), Home::Node(1), Home::Nowhere][home],
                    ..THREE
                })
                .collect();
            let free_in = [slots.into_iter().map(f64::from).collect::<Vec<_>>(), vec![1.5]];
            let told = forecast(&line, &free_in).turns;
            for (at, Turn { begins_in, ahead, .. }) in told.iter().enumerate() {
                let rivals = told[..at].iter().enumerate().filter(|(k, _)| match (line[at].home, line[*k].home) {
                    (Home::Nowhere, home) => home == Home::Nowhere,
                    (_, Home::Nowhere) => false,
                    (Home::Node(a), Home::Node(b)) => a == b,
                    (Home::Anywhere, Home::Anywhere | Home::Node(_)) | (Home::Node(_), Home::Anywhere) => true,
                });
                let (mut before, mut with) = (0, 0);
                for (k, theirs) in rivals {
                    match (theirs.begins_in, begins_in) {
                        (Some(theirs), Some(mine)) if theirs < *mine => before += 1,
                        (Some(theirs), Some(mine)) if theirs == *mine => with += 1,
                        (_, Some(_)) => {}
                        (theirs, None) => before += usize::from(theirs.is_some() || line[k].ready_in <= 0.0),
                    }
                }
                prop_assert!((before..=before + with).contains(ahead), "{ahead} ahead, {before} before, {with} with it");
            }
        }
    }
}
