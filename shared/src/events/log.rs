//! The table of events, in the order of commits.
//!
//! Ids are given before they are committed, so a reader must not step over a smaller one that commits later: on
//! PostgreSQL each row carries its transaction's id, and readers take only rows below the oldest transaction still under
//! way, in the order of (xid, id). On SQLite the one writer gives the order and xid is 0.

use crate::domain::{time::Time, words};
use crate::store::{StoreError, Tx, all, exec, one, opt};

words!(
    /// What an event tells.
    Kind {
        /// A desktop changed; the payload is the desktop, or `{id, deleted: true}`.
        Desktop = "desktop",
        /// News in words: `{code, text}`.
        Notice = "notice",
        /// Log-ins ended: `{sessions: [id] | null}`, null for all of the user's. For streams, never sent to a page.
        SignedOut = "signed_out",
    }
);

/// A place in the order of events. Its text form is an event's id: opaque to clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    pub xid: i64,
    pub id: i64,
}

impl Position {
    #[must_use]
    pub fn to_text(self, epoch: &str) -> String {
        format!("{epoch}-{:x}-{:x}", self.xid, self.id)
    }

    /// Reads an event id. None: garbage, or of another epoch.
    #[must_use]
    pub fn parse(text: &str, epoch: &str) -> Option<Self> {
        let (xid, id) = text.strip_prefix(epoch)?.strip_prefix('-')?.split_once('-')?;
        let number = |hex: &str| i64::from_str_radix(hex, 16).ok().filter(|n| *n >= 0);
        Some(Self { xid: number(xid)?, id: number(id)? })
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    pub position: Position,
    pub user_id: String,
    pub kind: Kind,
    /// JSON.
    pub payload: String,
    /// When it was written.
    pub at: Time,
}

#[derive(sqlx::FromRow)]
struct Row {
    xid: i64,
    id: i64,
    user_id: String,
    #[sqlx(try_from = "String")]
    kind: Kind,
    payload: String,
    at: Time,
}

impl From<Row> for StoredEvent {
    fn from(row: Row) -> Self {
        let position = Position { xid: row.xid, id: row.id };
        Self { position, user_id: row.user_id, kind: row.kind, payload: row.payload, at: row.at }
    }
}

/// Appends an event for a user's room, in the caller's transaction.
///
/// # Errors
/// When the database fails.
pub async fn append(tx: &mut Tx, user_id: &str, kind: Kind, payload: &str, now: Time) -> Result<(), StoreError> {
    exec!(
        tx,
        "INSERT INTO events (user_id, kind, payload, at) VALUES ($1, $2, $3, $4)",
        user_id,
        kind.as_str(),
        payload,
        now,
    )?;
    Ok(())
}

/// The events after a position that are certain to have none before them; of one user or of all.
///
/// # Errors
/// When the database fails.
pub async fn after(
    tx: &mut Tx,
    user_id: Option<&str>,
    at: Position,
    limit: i64,
) -> Result<Vec<StoredEvent>, StoreError> {
    let user = user_id.unwrap_or_default();
    let rows = match tx {
        Tx::Sqlite(_) => all!(
            tx,
            Row,
            "SELECT xid, id, user_id, kind, payload, at FROM events WHERE id > $1 AND ($2 = '' OR user_id = $2) \
             ORDER BY id LIMIT $3",
            at.id,
            user,
            limit,
        ),
        Tx::Postgres(..) => all!(
            tx,
            Row,
            "SELECT xid::text::bigint AS xid, id, user_id, kind, payload, at FROM events \
             WHERE (xid, id) > ($1::text::xid8, $2) AND xid < pg_snapshot_xmin(pg_current_snapshot()) \
             AND ($3 = '' OR user_id = $3) ORDER BY events.xid, id LIMIT $4",
            at.xid.to_string(),
            at.id,
            user,
            limit,
        ),
    }?;
    Ok(rows.into_iter().map(StoredEvent::from).collect())
}

/// The position that everything this transaction sees lies at or before, and everything else after. Taken in the same
/// reading transaction as a snapshot, it is where the snapshot goes on from.
///
/// # Errors
/// When the database fails.
pub async fn head(tx: &mut Tx) -> Result<Position, StoreError> {
    match tx {
        Tx::Sqlite(_) => {
            let (id,) =
                one!(tx, (i64,), "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0)")?;
            Ok(Position { xid: 0, id })
        }
        Tx::Postgres(..) => {
            let (xmin,) = one!(tx, (i64,), "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")?;
            Ok(Position { xid: xmin - 1, id: i64::MAX })
        }
    }
}

/// When the event was written that waits longest for a transaction that is still under way: nobody is told of it until that one ends.
///
/// # Errors
/// When the database fails.
pub(crate) async fn held_since(tx: &mut Tx) -> Result<Option<Time>, StoreError> {
    match tx {
        Tx::Sqlite(_) => Ok(None),
        // By its place and not by min(at): that would be looked for among all events, the oldest first.
        Tx::Postgres(..) => {
            let sql = "SELECT at FROM events WHERE xid >= pg_snapshot_xmin(pg_current_snapshot()) \
                ORDER BY events.xid, id LIMIT 1";
            Ok(opt!(tx, (Time,), sql)?.map(|(at,)| at))
        }
    }
}

/// The newest event that was forgotten: nothing can be resumed from before it.
///
/// # Errors
/// When the database fails.
pub(super) async fn pruned(tx: &mut Tx) -> Result<Position, StoreError> {
    let (xid, id) = one!(tx, (i64, i64), "SELECT events_pruned_xid, events_pruned_id FROM installation")?;
    Ok(Position { xid, id })
}

/// Forgets up to `most` events older than `before`, the oldest first, and notes how far.
///
/// # Errors
/// When the database fails.
pub async fn prune(tx: &mut Tx, before: Time, most: i64) -> Result<u64, StoreError> {
    macro_rules! sql {
        ($those:literal, $end:literal, $xid:literal) => {
            concat!(
                "DELETE FROM events WHERE id ",
                $those,
                "(SELECT id FROM events WHERE at < $1 ORDER BY at LIMIT $2)",
                $end,
                " RETURNING ",
                $xid,
                ", id"
            )
        };
    }
    let gone = match tx {
        Tx::Sqlite(_) => all!(tx, (i64, i64), sql!("IN ", "", "xid"), before, most)?,
        // A list of ids is looked up one by one; of an IN it may think that reading the whole table is cheaper.
        Tx::Postgres(..) => all!(tx, (i64, i64), sql!("= ANY (ARRAY", ")", "xid::text::bigint"), before, most)?,
    };
    // They are not quite in the order of their times: what is resumed from must be after the last of them.
    if let Some((xid, id)) = gone.iter().max() {
        exec!(
            tx,
            "UPDATE installation SET events_pruned_xid = $1, events_pruned_id = $2 \
             WHERE (events_pruned_xid, events_pruned_id) < ($1, $2)",
            xid,
            id
        )?;
    }
    Ok(u64::try_from(gone.len()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::Position;

    #[test]
    fn ids_come_back_and_garbage_does_not() {
        let position = Position { xid: 4711, id: i64::MAX };
        let text = position.to_text("abc");
        assert_eq!(Position::parse(&text, "abc"), Some(position));
        for bad in ["", "abc", "abc-", "abc-1", "abc-1-", "abc-g-1", "abc--1-1", "abd-1-1", "abc-1-ffffffffffffffffff"]
        {
            assert_eq!(Position::parse(bad, "abc"), None, "{bad}");
        }
    }
}
