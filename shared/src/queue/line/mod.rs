//! The line as the claim order really says: who waits, in which place, how long, and why.
//!
//! [`rows`] reads it, [`forecast`] plays it forward over the slots of each node and the permits of their live workers,
//! with the durations that [`measured`] has of the last starts; [`reasons`] puts it into words. Where nothing was measured
//! or nothing moves, the wait is null, never a guess.
//!
//! A place gets worse only when somebody with a lower rank comes into line later: a user with fewer starts under way, or
//! a start that had begun before. Then its reason is `fair_turn`.

mod cache;
mod forecast;
mod measured;
mod reasons;
mod rows;

use crate::domain::desktop::{QueueInfo, QueueReason, QueueReasonCode, Slots};
use crate::store::{StoreError, Tx};
use forecast::{Entry, Forecast, Home, forecast};
use rows::{NodeRow, Rows, Waiting, seconds};
use std::collections::{HashMap, HashSet};
use std::time::Duration;

pub use cache::LineCache;

/// A snapshot of the line.
#[derive(Debug, Clone, Default)]
pub struct Line {
    rows: Rows,
    pub slots: Slots,
    forecast: Forecast,
    held: Option<QueueReason>,
    places: HashMap<String, usize>,
    by_user: HashMap<String, Vec<usize>>,
    /// Those that a start of the same desktop or its stop still keeps from beginning.
    blocked: HashSet<String>,
    /// Nodes where starts move.
    open: HashSet<String>,
    /// Nodes whose ports are all taken.
    no_port: HashSet<String>,
}

/// How long a stop that runs is thought to go on. Only for the order of things: it is told to nobody.
const REST_OF_A_STOP: f64 = 1.0;
/// How long a start is thought to take before any was measured. Only for the order of things: it is told to nobody.
const UNMEASURED: f64 = 3.0;

impl Line {
    /// Reads the line. `silent_after`: a worker that has not been heard of for this long is no worker.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn load(tx: &mut Tx, silent_after: Duration) -> Result<Self, StoreError> {
        Ok(Self::of_rows(Rows::load(tx, silent_after).await?))
    }

    fn of_rows(rows: Rows) -> Self {
        let (open, free_in): (Vec<&NodeRow>, Vec<Vec<f64>>) = rows
            .nodes
            .iter()
            .filter(|(node, permits)| node.engine_up && *permits > 0)
            .map(|(node, permits)| (node, free_in(&rows, node, *permits)))
            .unzip();
        let total = free_in.iter().map(Vec::len).sum::<usize>();
        let blocked: HashSet<String> = rows.running.iter().map(|r| r.desktop_id.clone()).collect();
        let home = |w: &Waiting| match &w.node_id {
            None => Home::Anywhere,
            Some(id) => open.iter().position(|node| node.id == *id).map_or(Home::Nowhere, Home::Node),
        };
        let entries: Vec<Entry> = rows
            .waiting
            .iter()
            .map(|w| {
                let pause = seconds(w.run_at.0 - rows.now.0);
                let blocked = pause <= 0.0 && blocked.contains(&w.desktop_id);
                Entry {
                    home: home(w),
                    ready_in: if blocked { REST_OF_A_STOP } else { pause },
                    blocked,
                    takes: rows.measured.of(rows.template(&w.desktop_id)).mean().unwrap_or(UNMEASURED),
                    came: w.run_at.0,
                    returned: w.begun,
                }
            })
            .collect();
        let mut by_user: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, w) in rows.waiting.iter().enumerate() {
            by_user.entry(w.user_id.clone()).or_default().push(at);
        }
        let no_free_port = |w: &&Waiting| w.wait_code.as_deref() == Some(QueueReasonCode::NoFreePort.as_str());
        Self {
            slots: Slots { busy: rows.busy, total: i64::try_from(total).unwrap_or(i64::MAX) },
            forecast: forecast(&entries, &free_in),
            held: reasons::held(&rows.nodes, rows.paused.as_ref()),
            places: rows.waiting.iter().enumerate().map(|(at, w)| (w.desktop_id.clone(), at)).collect(),
            by_user,
            open: open.iter().map(|node| node.id.clone()).collect(),
            no_port: rows.waiting.iter().filter(no_free_port).filter_map(|w| w.node_id.clone()).collect(),
            blocked,
            rows,
        }
    }

    /// Why no start of anybody moves: held by an administrator, no worker, no engine. None: starts move.
    #[must_use]
    pub const fn held(&self) -> Option<&QueueReason> {
        self.held.as_ref()
    }

    /// How many starts wait.
    #[must_use]
    pub fn waiting(&self) -> i64 {
        i64::try_from(self.rows.waiting.len()).unwrap_or(i64::MAX)
    }

    /// Who has starts waiting.
    pub fn users(&self) -> impl Iterator<Item = &str> {
        self.by_user.keys().map(String::as_str)
    }

    /// The waiting desktops of one user with their places, or of everybody, in claim order.
    #[must_use]
    pub fn of(&self, user_id: Option<&str>) -> Vec<(String, QueueInfo)> {
        let told = |at: usize| (self.rows.waiting[at].desktop_id.clone(), self.at(at));
        match user_id {
            None => (0..self.rows.waiting.len()).map(told).collect(),
            Some(user) => self.by_user.get(user).into_iter().flatten().map(|at| told(*at)).collect(),
        }
    }

    /// The place of one desktop, if it waits.
    #[must_use]
    pub fn info(&self, desktop_id: &str) -> Option<QueueInfo> {
        self.places.get(desktop_id).map(|at| self.at(*at))
    }

    /// What a new desktop's start, asked for by this user now, would wait until it runs.
    #[must_use]
    pub fn wait_for_one_more(&self, user_id: &str) -> Option<f64> {
        if self.held.is_some() || self.ports_are_out(None) {
            return None;
        }
        let typical = self.rows.measured.of(None).typical()?;
        let rank = self.rank_for_one_more(user_id);
        // It takes the slot of the first that it would go before.
        let behind = self.rows.waiting.iter().zip(&self.forecast.turns).filter(|(w, _)| w.rank > rank);
        let slots = behind.filter_map(|(_, turn)| turn.begins_in).chain(self.forecast.after_all);
        Some(tenths(slots.min_by(f64::total_cmp)? + typical))
    }

    /// As [`crate::queue::enqueue`] would rank it.
    fn rank_for_one_more(&self, user_id: &str) -> i64 {
        let starting = || self.rows.running.iter().filter(|r| r.starts);
        let available = self.rows.waiting.iter().find(|w| w.run_at <= self.rows.now);
        let served = available.map_or_else(|| starting().map(|r| r.rank).max().unwrap_or(0), |w| w.rank - 1);
        let waits = self.by_user.get(user_id).into_iter().flatten().map(|at| self.rows.waiting[*at].rank);
        let runs = starting().filter(|r| r.user_id == user_id).map(|r| r.rank);
        served.max(waits.chain(runs).max().unwrap_or(0)) + 1
    }

    fn at(&self, at: usize) -> QueueInfo {
        let (me, turn) = (&self.rows.waiting[at], &self.forecast.turns[at]);
        let ahead = i64::try_from(turn.ahead).unwrap_or(i64::MAX);
        let pauses = me.run_at > self.rows.now;
        let away = me.node_id.as_ref().filter(|node| !self.open.contains(*node));
        let no_port = self.ports_are_out(me.node_id.as_deref());
        let reason = if let Some(held) = &self.held {
            Some(held.clone())
        } else if pauses && me.wait_code.as_deref() == Some(QueueReasonCode::ImagePulling.as_str()) {
            Some(reasons::image_pulling(self.rows.downloads.get(&me.desktop_id)))
        } else if pauses {
            Some(reasons::between_tries(me))
        } else if let Some(id) = away {
            Some(reasons::home_away(self.rows.nodes.iter().find(|(node, _)| node.id == *id)))
        } else if no_port {
            Some(reasons::no_free_port())
        } else if turn.begins_in == Some(0.0) || self.blocked.contains(&me.desktop_id) {
            None // its turn: a worker takes it any moment
        } else {
            Some(reasons::turn(me, turn, self.slots))
        };
        // Whether what failed before works the next time, nobody knows.
        let certain = self.held.is_none() && !no_port && !(pauses && me.wait_code.is_some());
        let typical = self.rows.measured.of(self.rows.template(&me.desktop_id)).typical();
        let wait = turn.begins_in.zip(typical).map(|(begins_in, takes)| tenths(begins_in + takes));
        QueueInfo {
            position: if pauses { None } else { Some(ahead.saturating_add(1)) },
            eta_seconds: wait.filter(|_| certain),
            ahead,
            slots: self.slots,
            reason,
        }
    }

    /// Whether a node, or with None each node, has no port left.
    fn ports_are_out(&self, node: Option<&str>) -> bool {
        match node {
            Some(node) => self.no_port.contains(node),
            None => !self.open.is_empty() && self.open.is_subset(&self.no_port),
        }
    }
}

/// Seconds until each slot of a node that its live workers can use is free.
fn free_in(rows: &Rows, node: &NodeRow, permits: i64) -> Vec<f64> {
    let left = |r: &rows::Running| {
        let ran = r.began_at.map_or(0.0, |at| rows.now.since(at).as_secs_f64());
        rows.measured.of(rows.template(&r.desktop_id)).left_after(ran).unwrap_or(UNMEASURED)
    };
    let here = rows.running.iter().filter(|r| r.slot_of.as_deref() == Some(node.id.as_str()));
    let mut free_in: Vec<f64> = here.map(left).collect();
    free_in.sort_by(f64::total_cmp);
    let usable = usize::try_from(node.start_slots.min(permits)).unwrap_or(0);
    // More run than may now: the first of them to end make no room.
    free_in.drain(..free_in.len().saturating_sub(usable));
    free_in.resize(usable, 0.0);
    free_in
}

fn tenths(seconds: f64) -> f64 {
    (seconds * 10.0).round() / 10.0
}

impl Rows {
    fn template(&self, desktop_id: &str) -> Option<&str> {
        self.templates.get(desktop_id).map(String::as_str)
    }
}
