//! What the line is reckoned from, as the database has it at one moment.

use super::measured::{LOOKED_AT, Measured};
use crate::domain::desktop::QueueReasonCode;
use crate::domain::time::Time;
use crate::queue::claim::Class;
use crate::store::{StoreError, Tx, all, opt};
use std::collections::HashMap;
use std::time::Duration;

/// A start that waits.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct Waiting {
    pub(super) desktop_id: String,
    pub(super) user_id: String,
    pub(super) rank: i64,
    /// A claim or more was made already: it had begun.
    pub(super) begun: bool,
    /// From when a claim may take it; when it came into line.
    pub(super) run_at: Time,
    /// The node of its home.
    pub(super) node_id: Option<String>,
    pub(super) wait_code: Option<String>,
    pub(super) last_error: Option<String>,
}

/// A job that runs.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct Running {
    pub(super) desktop_id: String,
    pub(super) user_id: String,
    pub(super) starts: bool,
    pub(super) rank: i64,
    pub(super) began_at: Option<Time>,
    /// The slot it holds, if it is one that the node still has.
    pub(super) slot_of: Option<String>,
}

/// A node and the workers that live there.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct NodeRow {
    pub(super) id: String,
    pub(super) engine_up: bool,
    pub(super) start_slots: i64,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Rows {
    pub(super) now: Time,
    /// In claim order.
    pub(super) waiting: Vec<Waiting>,
    pub(super) running: Vec<Running>,
    /// With how many starts their live workers may have under way; zero: no worker lives there.
    pub(super) nodes: Vec<(NodeRow, i64)>,
    pub(super) busy: i64,
    pub(super) measured: Measured,
    /// Of each desktop in line or starting, where that matters.
    pub(super) templates: HashMap<String, String>,
    /// Of those that wait for their image, how far its download is.
    pub(super) downloads: HashMap<String, String>,
    pub(super) paused: Option<(Time, Option<String>)>,
}

/// Claim order, over what waits for its turn and what waits out a pause with its rank kept.
const WAITING: &str = "SELECT desktop_id, user_id, rank, claims > 0 AS begun, run_at, node_id, wait_code, \
    CASE WHEN state = 'available' THEN NULL ELSE last_error END AS last_error FROM jobs \
    WHERE priority = 1 AND state IN ('available', 'scheduled', 'retryable') ORDER BY rank, created_at, id";
const RUNNING: &str = "SELECT j.desktop_id, j.user_id, j.priority = 1 AS starts, j.rank, j.started_at AS began_at, n.id AS slot_of \
    FROM jobs j LEFT JOIN start_slots s ON s.job_id = j.id LEFT JOIN nodes n ON n.id = s.node_id AND s.slot < n.start_slots \
    WHERE j.state = 'running'";
const LAST_STARTS: &str = "SELECT j.finished_at - j.started_at, d.template_id \
    FROM (SELECT * FROM jobs WHERE state = 'completed' AND priority = 1 AND finished_at IS NOT NULL AND started_at IS NOT NULL \
    ORDER BY finished_at DESC LIMIT $1) j LEFT JOIN desktops d ON d.id = j.desktop_id ORDER BY j.finished_at DESC";

const DOWNLOADS: &str = "SELECT w.desktop_id, p.progress FROM jobs w JOIN desktops d ON d.id = w.desktop_id \
    JOIN templates t ON t.id = d.template_id JOIN jobs p ON p.kind = 'image.pull' AND p.node_id = w.node_id AND p.image = t.image \
    WHERE p.state = 'running' AND p.progress IS NOT NULL AND w.state = 'retryable' AND w.wait_code = 'image_pulling'";

impl Rows {
    pub(super) async fn load(tx: &mut Tx, silent_after: Duration) -> Result<Self, StoreError> {
        let now = tx.now().await?;
        let waiting = all!(tx, Waiting, WAITING)?;
        let running = all!(tx, Running, RUNNING)?;
        let nodes = all!(tx, NodeRow, "SELECT id, engine_up, start_slots FROM nodes ORDER BY id")?;
        let workers = all!(
            tx,
            (String, i64),
            "SELECT node_id, concurrency FROM workers WHERE state = 'live' AND last_seen_at >= $1",
            now.minus(silent_after),
        )?;
        let took: Vec<(f64, Option<String>)> = all!(tx, (i64, Option<String>), LAST_STARTS, LOOKED_AT)?
            .into_iter()
            .map(|(took, template)| (seconds(took), template))
            .collect();
        let measured = Measured::new(&took);
        let templates = if measured.tells_templates_apart() {
            all!(tx, (String, String), "SELECT id, template_id FROM desktops WHERE status IN ('queued', 'starting')")?
        } else {
            Vec::new()
        };
        let waits_for_image = |w: &Waiting| w.wait_code.as_deref() == Some(QueueReasonCode::ImagePulling.as_str());
        let downloads =
            if waiting.iter().any(waits_for_image) { all!(tx, (String, String), DOWNLOADS)? } else { Vec::new() };
        let paused = opt!(
            tx,
            (Time, Option<String>),
            "SELECT paused_at, paused_by FROM queue_control WHERE paused_at IS NOT NULL"
        )?;
        let busy = opt!(tx, (i64,), "SELECT count(*) FROM start_slots WHERE job_id IS NOT NULL")?;
        let permits = |node: &NodeRow| -> i64 {
            workers.iter().filter(|(on, _)| *on == node.id).map(|(_, all)| Class::Starts.permits(*all)).sum()
        };
        Ok(Self {
            now,
            waiting,
            running,
            nodes: nodes
                .into_iter()
                .map(|node| {
                    let permits = permits(&node);
                    (node, permits)
                })
                .collect(),
            busy: busy.map_or(0, |(busy,)| busy),
            measured,
            templates: templates.into_iter().collect(),
            downloads: downloads.into_iter().collect(),
            paused,
        })
    }
}

/// Microseconds as the database has them, in seconds.
pub(super) fn seconds(micros: i64) -> f64 {
    Duration::from_micros(u64::try_from(micros).unwrap_or(0)).as_secs_f64()
}
