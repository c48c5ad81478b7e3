//! Why a start waits, in a word for programs and in words for people.

use super::forecast::Turn;
use super::rows::{NodeRow, Waiting};
use crate::domain::desktop::{QueueReason, QueueReasonCode, Slots};
use crate::domain::time::Time;

const fn because(code: QueueReasonCode, text: String) -> QueueReason {
    QueueReason { code, text, retry_at: None, since: None }
}

/// Why no start of anybody moves, if none does.
pub(super) fn held(nodes: &[(NodeRow, i64)], paused: Option<&(Time, Option<String>)>) -> Option<QueueReason> {
    if let Some((at, by)) = paused {
        let by = by.as_deref().unwrap_or("an administrator");
        let text = format!("Starts are held by {by}; the place in line is kept.");
        return Some(QueueReason { since: Some(*at), ..because(QueueReasonCode::Paused, text) });
    }
    if nodes.iter().all(|(_, permits)| *permits == 0) {
        return Some(because(QueueReasonCode::NoWorker, "No worker is running.".to_owned()));
    }
    if nodes.iter().filter(|(_, permits)| *permits > 0).all(|(node, _)| !node.engine_up) {
        return Some(because(QueueReasonCode::EngineDown, "The container engine does not answer.".to_owned()));
    }
    None
}

/// Why nothing starts on the one node where a desktop's home is. `node` is None: nobody has heard of it yet.
pub(super) fn home_away(node: Option<&(NodeRow, i64)>) -> QueueReason {
    match node {
        Some((_, permits)) if *permits > 0 => because(
            QueueReasonCode::EngineDown,
            "The container engine of the server that has its home does not answer.".to_owned(),
        ),
        Some(_) | None => {
            because(QueueReasonCode::NoWorker, "No worker is running for the server that has its home.".to_owned())
        }
    }
}

/// It waits out a pause between two tries.
pub(super) fn between_tries(me: &Waiting) -> QueueReason {
    let code = me.wait_code.clone().and_then(|code| QueueReasonCode::try_from(code).ok());
    let text =
        me.last_error.clone().unwrap_or_else(|| "It ended by itself, and is started again in a moment.".to_owned());
    QueueReason { retry_at: Some(me.run_at), ..because(code.unwrap_or(QueueReasonCode::Backoff), text) }
}

/// Its image is on its way; `how_far` is what is known of that.
pub(super) fn image_pulling(how_far: Option<&String>) -> QueueReason {
    let text = match how_far {
        Some(how_far) => format!("Its image is being downloaded to the server: {how_far}."),
        None => "Its image is being downloaded to the server.".to_owned(),
    };
    because(QueueReasonCode::ImagePulling, text)
}

pub(super) fn no_free_port() -> QueueReason {
    let text = "Every port of the server is taken; the next desktop that is stopped makes room.".to_owned();
    because(QueueReasonCode::NoFreePort, text)
}

/// It waits for its turn. A place that got worse since it came into line says so: somebody goes first who came later.
pub(super) fn turn(me: &Waiting, turn: &Turn, slots: Slots) -> QueueReason {
    if turn.newest > me.run_at.0 {
        let text = "Users with fewer starts under way are served first.".to_owned();
        return because(QueueReasonCode::FairTurn, text);
    }
    if turn.newest_returned > me.run_at.0 {
        let text = "A start that had begun before goes on first.".to_owned();
        return because(QueueReasonCode::FairTurn, text);
    }
    let at_a_time = match slots.total {
        1 => "one desktop at a time".to_owned(),
        total => format!("{total} desktops at a time"),
    };
    let text = match turn.ahead {
        0 => format!("The server starts {at_a_time}; this one is next."),
        1 => format!("The server starts {at_a_time}; one start goes before this one."),
        ahead => format!("The server starts {at_a_time}; {ahead} starts go before this one."),
    };
    because(QueueReasonCode::NoStartSlot, text)
}
