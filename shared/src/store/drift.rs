//! Differences between the records and the engines: one row each, from its first sight to the comparison that misses it.
//!
//! A worker's comparison writes all of its node at once ([`write`]); people only write what they decided ([`ask`]), and a
//! worker of that node carries it out. A forgotten difference keeps its row, unlisted, until it is no longer there.

use super::{StoreError, Tx, all, exec, nodes, one, opt};
use crate::domain::drift::{
    DriftAction, DriftAsked, DriftItem, DriftKind, DriftList, DriftMatched, DriftNode, DriftSide,
};
use crate::domain::new_id;
use crate::domain::time::Time;
use std::time::Duration;

/// A difference as a comparison found it. It is the same one as before when node, kind and subject are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub kind: DriftKind,
    /// The id of the container, desktop or network, the volume's name, or the port.
    pub subject: String,
    pub record: Option<DriftSide>,
    pub engine: Option<DriftSide>,
    pub actions: Vec<DriftAction>,
    pub explains: String,
}

/// A difference that somebody has decided about and that waits for a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    pub id: String,
    pub kind: DriftKind,
    pub subject: String,
    pub record: Option<DriftSide>,
    pub engine: Option<DriftSide>,
    pub action: DriftAction,
    /// Username.
    pub by: String,
    pub asked_at: Time,
}

/// What became of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It stands, newly or already; a worker will see to it.
    Asked(Box<DriftItem>),
    /// Settled already, or never there.
    Unknown,
    NotOffered {
        offered: Vec<DriftAction>,
    },
    EngineDown {
        node: String,
    },
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    node_id: String,
    kind: String,
    subject: String,
    record: Option<String>,
    engine: Option<String>,
    actions: String,
    explains: String,
    since: Time,
    asked: Option<String>,
    asked_by: Option<String>,
    asked_at: Option<Time>,
    error: Option<String>,
}

impl Row {
    /// None: written by a newer version, in words that this one does not know.
    fn item(self) -> Option<DriftItem> {
        Some(DriftItem {
            kind: DriftKind::try_from(self.kind).ok()?,
            record: side(self.record.as_deref())?,
            engine: side(self.engine.as_deref())?,
            actions: self.actions.split(',').filter_map(|word| DriftAction::try_from(word.to_owned()).ok()).collect(),
            asked: match (self.asked, self.asked_at) {
                (Some(action), Some(at)) => Some(DriftAsked {
                    action: DriftAction::try_from(action).ok()?,
                    by: self.asked_by.unwrap_or_default(),
                    at,
                    error: self.error,
                }),
                (None, _) | (_, None) => None,
            },
            id: self.id,
            node: self.node_id,
            since: self.since,
            explains: self.explains,
        })
    }
}

/// The outer none: it cannot be read.
#[allow(clippy::option_option)]
fn side(json: Option<&str>) -> Option<Option<DriftSide>> {
    match json {
        None => Some(None),
        Some(json) => serde_json::from_str(json).ok().map(Some),
    }
}

fn json(side: Option<&DriftSide>) -> Result<Option<String>, StoreError> {
    Ok(side.map(serde_json::to_string).transpose()?)
}

/// Writes what a comparison of this node found: known differences keep their `since` and what was decided about them,
/// those that were not found go. Says whether the list is another one than before.
///
/// # Errors
/// When the database fails.
pub async fn write(tx: &mut Tx, node: &str, found: &[Found]) -> Result<bool, StoreError> {
    let now = tx.now().await?;
    let known = all!(tx, (String, String), "SELECT kind, subject FROM drift WHERE node_id = $1", node)?;
    let is_known = |f: &Found| known.iter().any(|(kind, subject)| kind == f.kind.as_str() && *subject == f.subject);
    let news = found.iter().any(|f| !is_known(f));
    for f in found {
        let actions: Vec<&str> = f.actions.iter().map(|action| action.as_str()).collect();
        exec!(
            tx,
            "INSERT INTO drift (id, node_id, kind, subject, record, engine, actions, explains, since, seen_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9) ON CONFLICT (node_id, kind, subject) \
             DO UPDATE SET record = $5, engine = $6, actions = $7, explains = $8, seen_at = $9",
            new_id(),
            node,
            f.kind.as_str(),
            &f.subject,
            json(f.record.as_ref())?,
            json(f.engine.as_ref())?,
            actions.join(","),
            &f.explains,
            now,
        )?;
    }
    let gone = exec!(tx, "DELETE FROM drift WHERE node_id = $1 AND seen_at <> $2", node, now)?;
    Ok(news || gone > 0)
}

/// Everything that is listed, the oldest first within each kind.
///
/// # Errors
/// When the database fails.
pub async fn list(tx: &mut Tx) -> Result<Vec<DriftItem>, StoreError> {
    let rows = all!(tx, Row, "SELECT * FROM drift WHERE forgotten_at IS NULL ORDER BY since, id")?;
    let mut items: Vec<DriftItem> = rows.into_iter().filter_map(Row::item).collect();
    items.sort_by_key(|item| DriftKind::ALL.iter().position(|kind| *kind == item.kind));
    Ok(items)
}

/// A node that was heard of within this time, or has a difference, is shown.
const SHOWN: Duration = Duration::from_secs(3_600);

/// Everything that is listed, with what agrees and when that was seen.
///
/// # Errors
/// When the database fails.
pub async fn overview(tx: &mut Tx) -> Result<DriftList, StoreError> {
    let now = tx.now().await?;
    let items = list(tx).await?;
    let mut nodes = nodes::comparisons(tx).await?;
    nodes.retain(|n| now.since(n.seen_at) < SHOWN || items.iter().any(|item| item.node == n.node_id));
    let next = nodes.iter().filter(|n| n.engine_up).filter_map(|n| n.begins_at(now)).min();
    Ok(DriftList {
        matched: DriftMatched {
            desktops: nodes.iter().map(|n| n.matched_desktops).sum(),
            ports: nodes.iter().map(|n| n.matched_ports).sum(),
        },
        compared_at: nodes.iter().filter_map(|n| n.compared_at).min(),
        next_compare_at: next.filter(|next| *next > now),
        nodes: nodes
            .into_iter()
            .map(|n| DriftNode { id: n.node_id, engine_up: n.engine_up, compared_at: n.compared_at })
            .collect(),
        items,
    })
}

/// Wakes every node's comparison.
///
/// # Errors
/// When the database fails.
pub async fn compare_all(tx: &mut Tx) -> Result<(), StoreError> {
    for node in nodes::comparisons(tx).await? {
        nodes::ask_compare(tx, &node.node_id).await?;
    }
    Ok(())
}

/// One that is listed.
///
/// # Errors
/// When the database fails.
pub async fn get(tx: &mut Tx, id: &str) -> Result<Option<DriftItem>, StoreError> {
    let row = opt!(tx, Row, "SELECT * FROM drift WHERE id = $1 AND forgotten_at IS NULL", id)?;
    Ok(row.and_then(Row::item))
}

/// How many are listed.
///
/// # Errors
/// When the database fails.
pub async fn open_count(tx: &mut Tx) -> Result<i64, StoreError> {
    Ok(one!(tx, (i64,), "SELECT count(*) FROM drift WHERE forgotten_at IS NULL")?.0)
}

/// Writes down what somebody decided, and wakes the node's comparison. The same again changes nothing, unless it had failed: then it
/// is tried again.
///
/// # Errors
/// When the database fails.
pub async fn ask(tx: &mut Tx, id: &str, action: DriftAction, by: &str) -> Result<Answer, StoreError> {
    let Some(item) = get(tx, id).await? else { return Ok(Answer::Unknown) };
    if item.asked.as_ref().is_some_and(|asked| asked.action == action && asked.error.is_none()) {
        return Ok(Answer::Asked(Box::new(item)));
    }
    if !item.actions.contains(&action) {
        return Ok(Answer::NotOffered { offered: item.actions });
    }
    let node = nodes::list(tx).await?.into_iter().find(|node| node.id == item.node);
    if action.needs_engine() && !node.is_some_and(|node| node.engine_up) {
        return Ok(Answer::EngineDown { node: item.node });
    }
    // The node before its differences, as a comparison that ends locks them.
    nodes::ask_compare(tx, &item.node).await?;
    let now = tx.now().await?;
    exec!(
        tx,
        "UPDATE drift SET asked = $2, asked_by = $3, asked_at = $4, error = NULL WHERE id = $1",
        id,
        action.as_str(),
        by,
        now,
    )?;
    Ok(get(tx, id).await?.map_or(Answer::Unknown, |item| Answer::Asked(Box::new(item))))
}

/// What was decided on this node and is not done yet, in the order in which it was asked.
///
/// # Errors
/// When the database fails.
pub async fn decided(tx: &mut Tx, node: &str) -> Result<Vec<Decided>, StoreError> {
    let sql = "SELECT * FROM drift WHERE node_id = $1 AND asked IS NOT NULL AND error IS NULL AND forgotten_at IS NULL \
               ORDER BY asked_at, id";
    let rows = all!(tx, Row, sql, node)?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let subject = row.subject.clone();
            let item = row.item()?;
            let asked = item.asked?;
            Some(Decided {
                id: item.id,
                kind: item.kind,
                subject,
                record: item.record,
                engine: item.engine,
                action: asked.action,
                by: asked.by,
                asked_at: asked.at,
            })
        })
        .collect())
}

/// Notes why a decision could not be carried out; it stays listed with that, until somebody asks again.
///
/// # Errors
/// When the database fails.
pub async fn failed(tx: &mut Tx, decided: &Decided, why: &str) -> Result<(), StoreError> {
    exec!(
        tx,
        "UPDATE drift SET error = $4 WHERE id = $1 AND asked = $2 AND asked_at = $3",
        &decided.id,
        decided.action.as_str(),
        decided.asked_at,
        why,
    )?;
    Ok(())
}

/// Takes it from the list for as long as it is there.
///
/// # Errors
/// When the database fails.
pub async fn forget(tx: &mut Tx, id: &str) -> Result<(), StoreError> {
    let now = tx.now().await?;
    exec!(tx, "UPDATE drift SET forgotten_at = $2 WHERE id = $1 AND forgotten_at IS NULL", id, now)?;
    Ok(())
}

/// Settled: the row goes. Were the difference still there, the next comparison would find it anew.
///
/// # Errors
/// When the database fails.
pub async fn settled(tx: &mut Tx, id: &str) -> Result<(), StoreError> {
    exec!(tx, "DELETE FROM drift WHERE id = $1", id)?;
    Ok(())
}

/// Whether this desktop is gone because somebody deleted it, and not because the records lost it: its cleanup was done.
///
/// # Errors
/// When the database fails.
pub async fn was_deleted(tx: &mut Tx, desktop_id: &str) -> Result<bool, StoreError> {
    let sql = "SELECT j.id FROM jobs j WHERE j.desktop_id = $1 AND j.kind = 'desktop.cleanup' AND j.state = 'completed' \
               AND NOT EXISTS (SELECT 1 FROM desktops d WHERE d.id = j.desktop_id) LIMIT 1";
    Ok(opt!(tx, (String,), sql, desktop_id)?.is_some())
}

/// Whether desktops that lost their container wait for somebody's word before they are started again: the queue is paused,
/// by hand or because the installation was restored just now.
///
/// # Errors
/// When the database fails.
pub async fn healing_is_held(tx: &mut Tx) -> Result<bool, StoreError> {
    Ok(opt!(tx, (i64,), "SELECT paused_at FROM queue_control WHERE paused_at IS NOT NULL")?.is_some())
}
