//! The desktop's life as one pure function: (status, input) → decision. No catch-all arm anywhere, so that a new status
//! or input does not compile until each pair is decided. The whole matrix is a snapshot below.
//!
//! ```text
//!            start              Claimed               Ready
//! (new) ──▶ queued ─────────▶ starting ─────────▶ running ──┐ stop, EndedCleanly
//!             │ ▲   BackInLine │                     │      ▼
//!             │ └──────────────┤            EngineLost,   stopping ──Cleared──▶ stopped ──start──▶ queued
//!        stop ▼                │ GaveUp     Crashed: queued
//!          stopped             ▼
//!                            failed ──start──▶ queued      any ──delete──▶ deleting ──Removed──▶ (gone)
//! ```
//!
//! The wish (`desired`) follows from the status, see [`Status::desired`]; `lifecycle` writes what is decided here.

use super::desktop::Status;

/// What comes to a desktop: a person's request, a job's result, or a fact that the engine tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// A person wants it to run.
    Start,
    /// A person wants it stopped. `held`: a container, a port or a running job may still belong to it.
    Stop { held: bool },
    /// A person wants it gone, its home too.
    Delete,
    /// A worker has taken its create job.
    Claimed,
    /// The create job waits again: a passing error, a lost lease, an engine that is down.
    BackInLine,
    /// The session is painted and the port greets.
    Ready,
    /// The create job ended for good without a desktop, and has cleaned up.
    GaveUp,
    /// The stop job found or made sure that no container and no port is left.
    Cleared,
    /// The cleanup job did the same, and the home is gone too.
    Removed,
    /// The running container ended with exit code 0: its user logged out.
    EndedCleanly,
    /// The running container ended by a fault of its own. `again`: it may be started once more.
    Crashed { again: bool },
    /// The running container is gone through no fault of its own: engine or host restarted, or somebody removed it.
    EngineLost,
    /// An administrator takes a stop or a deletion back that no worker has begun. `before`: what the desktop was then.
    TakenBack { before: Status },
}

/// What is to be done about an [`Input`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It is so already: asking twice is the same as asking once.
    Same,
    /// It cannot be asked now; the caller hears why.
    Refuse(Refusal),
    /// A late fact about something that is no longer wanted: ignore it.
    Stale,
    Become(Change),
    /// The row goes.
    Gone,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    BeingDeleted,
}

/// A new status and the work that it brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    pub status: Status,
    pub work: Work,
}

/// What becomes of the desktop's jobs. A new job replaces the one that waits; a running create is aborted by any of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Leave the jobs as they are.
    Keep,
    /// Cancel what waits; nothing else is needed.
    Drop,
    /// Enqueue a create, for a new generation.
    Create,
    /// Enqueue a stop.
    Stop,
    /// Enqueue a cleanup.
    Cleanup,
}

const fn become_(status: Status, work: Work) -> Decision {
    Decision::Become(Change { status, work })
}

/// Decides one step. Pure; total; every pair is written out.
#[must_use]
pub const fn decide(status: Status, input: Input) -> Decision {
    use Decision::{Gone, Refuse, Same, Stale};
    use Status::{Deleting, Failed, Queued, Running, Starting, Stopped, Stopping};
    match (input, status) {
        (Input::Start, Queued | Starting | Running) => Same,
        (Input::Start, Stopping | Stopped | Failed) => become_(Queued, Work::Create),
        (Input::Start, Deleting) => Refuse(Refusal::BeingDeleted),

        (Input::Stop { held: true }, Queued | Failed) => become_(Stopping, Work::Stop),
        (Input::Stop { held: false }, Queued | Failed) => become_(Stopped, Work::Drop),
        (Input::Stop { held: true | false }, Starting | Running) => become_(Stopping, Work::Stop),
        (Input::Stop { held: true | false }, Stopping | Stopped | Deleting) => Same,

        (Input::Delete, Queued | Starting | Running | Stopping | Stopped | Failed) => become_(Deleting, Work::Cleanup),
        (Input::Delete, Deleting) => Same,

        (Input::Claimed, Queued) => become_(Starting, Work::Keep),
        (Input::Claimed, Starting | Running | Stopping | Stopped | Failed | Deleting) => Stale,

        (Input::BackInLine, Starting) => become_(Queued, Work::Keep),
        (Input::BackInLine, Queued | Running | Stopping | Stopped | Failed | Deleting) => Stale,

        (Input::Ready, Starting) => become_(Running, Work::Keep),
        (Input::Ready, Queued | Running | Stopping | Stopped | Failed | Deleting) => Stale,

        (Input::GaveUp, Queued | Starting) => become_(Failed, Work::Keep),
        (Input::GaveUp, Running | Stopping | Stopped | Failed | Deleting) => Stale,

        (Input::Cleared, Stopping) => become_(Stopped, Work::Keep),
        (Input::Cleared, Queued | Starting | Running | Stopped | Failed | Deleting) => Stale,

        (Input::Removed, Deleting) => Gone,
        (Input::Removed, Queued | Starting | Running | Stopping | Stopped | Failed) => Stale,

        (Input::EndedCleanly, Running) => become_(Stopping, Work::Stop),
        (Input::EndedCleanly, Queued | Starting | Stopping | Stopped | Failed | Deleting) => Stale,

        (Input::Crashed { again: true }, Running) => become_(Queued, Work::Create),
        (Input::Crashed { again: false }, Running) => become_(Failed, Work::Stop),
        (Input::Crashed { again: true | false }, Queued | Starting | Stopping | Stopped | Failed | Deleting) => Stale,

        (Input::EngineLost, Running) => become_(Queued, Work::Create),
        (Input::EngineLost, Queued | Starting | Stopping | Stopped | Failed | Deleting) => Stale,

        // A start that was under way cannot be gone on with: its steps are forgotten, and its job aborts.
        (Input::TakenBack { before: before @ (Running | Failed) }, Stopping) => become_(before, Work::Drop),
        (Input::TakenBack { before: Queued | Starting | Stopping | Stopped | Deleting }, Stopping) => Stale,
        (Input::TakenBack { before: before @ (Running | Stopped | Failed) }, Deleting) => become_(before, Work::Drop),
        (Input::TakenBack { before: Stopping }, Deleting) => become_(Stopping, Work::Stop),
        (Input::TakenBack { before: Queued | Starting | Deleting }, Deleting) => Stale,
        (
            Input::TakenBack { before: Queued | Starting | Running | Stopping | Stopped | Failed | Deleting },
            Queued | Starting | Running | Stopped | Failed,
        ) => Stale,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const INPUTS: &[Input] = &[
        Input::Start,
        Input::Stop { held: true },
        Input::Stop { held: false },
        Input::Delete,
        Input::Claimed,
        Input::BackInLine,
        Input::Ready,
        Input::GaveUp,
        Input::Cleared,
        Input::Removed,
        Input::EndedCleanly,
        Input::Crashed { again: true },
        Input::Crashed { again: false },
        Input::EngineLost,
        Input::TakenBack { before: Status::Running },
        Input::TakenBack { before: Status::Stopping },
        Input::TakenBack { before: Status::Stopped },
        Input::TakenBack { before: Status::Failed },
        Input::TakenBack { before: Status::Starting },
    ];

    #[test]
    fn the_whole_matrix() {
        let mut table = String::new();
        for input in INPUTS {
            for status in Status::ALL {
                let cell = match decide(*status, *input) {
                    Decision::Become(change) => format!("{} + {:?}", change.status, change.work),
                    other => format!("{other:?}"),
                };
                table.push_str(&format!("{:24} {:9} → {cell}\n", format!("{input:?}"), status.as_str()));
            }
        }
        insta::assert_snapshot!(table);
    }

    proptest! {
        /// A person's request always leaves the wish that was asked for, or is refused; asking twice changes nothing.
        #[test]
        fn requests_are_honoured_and_idempotent(at in 0..Status::ALL.len(), held: bool) {
            let status = Status::ALL[at];
            for (input, wish) in [
                (Input::Start, "running"), (Input::Stop { held }, "stopped"), (Input::Delete, "deleted"),
            ] {
                let after = match decide(status, input) {
                    Decision::Become(change) => change.status,
                    Decision::Same => status,
                    Decision::Refuse(_) => continue,
                    other => panic!("a request cannot be {other:?}"),
                };
                let deleting_wins = status == Status::Deleting;
                prop_assert!(deleting_wins || after.desired().as_str() == wish);
                prop_assert!(matches!(decide(after, input), Decision::Same));
            }
        }

        /// Whatever comes in whatever order, a status that waits for work has had that work enqueued with it.
        #[test]
        fn what_waits_has_work(inputs in prop::collection::vec(0..INPUTS.len(), 1..60)) {
            let mut status = Status::Queued;
            for at in inputs {
                match decide(status, INPUTS[at]) {
                    Decision::Become(Change { status: next, work }) => {
                        match next {
                            Status::Queued => prop_assert!(work == Work::Create || INPUTS[at] == Input::BackInLine),
                            Status::Stopping => prop_assert_eq!(work, Work::Stop),
                            Status::Deleting => prop_assert_eq!(work, Work::Cleanup),
                            Status::Starting | Status::Running | Status::Stopped | Status::Failed => {}
                        }
                        status = next;
                    }
                    Decision::Gone => break,
                    Decision::Same | Decision::Stale | Decision::Refuse(_) => {}
                }
            }
        }
    }
}
