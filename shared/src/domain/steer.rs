//! What an administrator may do about a job, as one pure function: (what is known of the job, action) → step or refusal.
//! Lists offer what it allows, calls carry out what it says (`lifecycle::steer`), so that the two never differ.

use super::desktop::Status;
use super::job::{JobState, Kind};
use super::time::Time;
use super::transition::{Change, Decision, Input, decide};
use super::words;

words!(
    /// What an administrator does about a job.
    #[schema(as = JobAction)]
    Action {
        /// Run it now, or ask for the same once more.
        Retry = "retry",
        /// Take the wish behind it back.
        Cancel = "cancel",
    }
);

/// What is known of a job when somebody wants to do something about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    pub kind: Kind,
    pub state: JobState,
    /// A worker took it at least once.
    pub begun: bool,
    pub worker: Option<String>,
    pub finished_at: Option<Time>,
    pub ended_by: Option<String>,
    /// None: its desktop is gone.
    pub desktop: Option<Status>,
    /// Another job of the same desktop that waits or runs.
    pub other: Option<(String, Kind)>,
    /// What the desktop was before it became what it is.
    pub before: Option<Status>,
    /// Its container ended by itself: there is nothing to go back to.
    pub ended_inside: bool,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It is so already.
    Nothing,
    /// Make it available at this moment.
    RunNow,
    /// Ask for the wish of its kind once more: a start, a stop, a deletion.
    Ask,
    /// Give its desktop, which waits for work that nobody has, that work again.
    Again,
    /// Its desktop is to be stopped.
    StopIt,
    /// Cancel the row; nothing of a desktop hangs on it.
    Drop,
    /// Fetch its image once more.
    PullAgain,
    /// Tell who fetches its image to leave it.
    EndPull,
    /// Cancel it, and its desktop is again what it was.
    TakeBack(Change),
}

/// Why something cannot be done about a job.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("A worker has it{}: it ends, or comes back into line, by itself.", by_name(.worker.as_deref()))]
    JobRunning { worker: Option<String> },
    #[error("{}", how_it_ended(*.state, *.at, .by.as_deref()))]
    JobFinished { state: JobState, at: Option<Time>, by: Option<String> },
    #[error("A {} that has begun is brought to its end: half of one would leave a container or a port behind.", thing(*.kind))]
    HasBegun { kind: Kind },
    #[error("{why}")]
    CannotCancel { why: &'static str },
    #[error("Its desktop is gone: nothing is left to do this for.")]
    DesktopGone,
    #[error("Its desktop is being deleted.")]
    BeingDeleted,
    #[error("A {} of the same desktop waits or runs (job {id}): cancel that first, or let it end.", thing(*.kind))]
    LiveJob { id: String, kind: Kind },
    #[error("Another job of the same desktop was dealt with in this call.")]
    JustDealtWith,
    #[error("Its desktop is {status} already: there is nothing to do.")]
    NothingToDo { status: Status },
    #[error("This job was written by a newer version of Berth; update this one.")]
    UnknownKind,
}

fn by_name(worker: Option<&str>) -> String {
    worker.map(|worker| format!(" ({worker})")).unwrap_or_default()
}

fn how_it_ended(state: JobState, at: Option<Time>, by: Option<&str>) -> String {
    let at = at.map(|at| format!(" at {at}")).unwrap_or_default();
    match (state, by) {
        (JobState::Cancelled, Some(by)) => format!("It was cancelled by {by}{at}."),
        (JobState::Cancelled, None) => format!("It was cancelled{at}, because something else was wanted."),
        (JobState::Discarded, _) => format!("It was given up{at}."),
        (JobState::Completed, _) => format!("It was done{at}."),
        (JobState::Available | JobState::Scheduled | JobState::Running | JobState::Retryable, _) => {
            "It is not over.".to_owned()
        }
    }
}

const fn thing(kind: Kind) -> &'static str {
    match kind {
        Kind::Create => "start",
        Kind::Stop => "stop",
        Kind::Cleanup => "clean-up",
        Kind::Pull => "download",
        Kind::Noop => "job for measuring",
    }
}

/// Decides. Pure; total.
///
/// # Errors
/// Why it cannot be done now.
pub fn judge(facts: &Facts, action: Action) -> Result<Step, Refused> {
    match action {
        Action::Retry => retry(facts),
        Action::Cancel => cancel(facts),
    }
}

/// What would change something now, in the order of the buttons.
#[must_use]
pub fn offered(facts: &Facts) -> Vec<Action> {
    let changes = |action: &Action| !matches!(judge(facts, *action), Ok(Step::Nothing) | Err(_));
    Action::ALL.iter().copied().filter(changes).collect()
}

fn finished(facts: &Facts) -> Refused {
    Refused::JobFinished { state: facts.state, at: facts.finished_at, by: facts.ended_by.clone() }
}

fn retry(facts: &Facts) -> Result<Step, Refused> {
    match facts.state {
        JobState::Available => Ok(Step::Nothing),
        JobState::Scheduled | JobState::Retryable => Ok(Step::RunNow),
        JobState::Running => Err(Refused::JobRunning { worker: facts.worker.clone() }),
        JobState::Completed => Err(finished(facts)),
        JobState::Cancelled | JobState::Discarded => ask_again(facts),
    }
}

fn ask_again(facts: &Facts) -> Result<Step, Refused> {
    if facts.kind == Kind::Pull {
        // One that waits or runs already stands for this one too.
        return Ok(if facts.other.is_some() { Step::Nothing } else { Step::PullAgain });
    }
    let Some(status) = facts.desktop else { return Err(Refused::DesktopGone) };
    if let Some((id, kind)) = facts.other.clone() {
        return Err(Refused::LiveJob { id, kind });
    }
    let input = match facts.kind {
        Kind::Create => Input::Start,
        Kind::Stop => Input::Stop { held: true },
        Kind::Cleanup => Input::Delete,
        Kind::Pull | Kind::Noop => return Err(Refused::DesktopGone),
    };
    match (decide(status, input), status) {
        (Decision::Become(_), _) => Ok(Step::Ask),
        (_, Status::Queued | Status::Starting | Status::Stopping) => Ok(Step::Again),
        (Decision::Refuse(_), _) => Err(Refused::BeingDeleted),
        (_, Status::Deleting) => Ok(Step::Again),
        (_, Status::Running | Status::Stopped | Status::Failed) => Err(Refused::NothingToDo { status }),
    }
}

fn cancel(facts: &Facts) -> Result<Step, Refused> {
    let runs = match facts.state {
        JobState::Completed | JobState::Cancelled | JobState::Discarded => return Err(finished(facts)),
        JobState::Running => true,
        JobState::Available | JobState::Scheduled | JobState::Retryable => false,
    };
    match facts.kind {
        Kind::Create => cancel_start(facts, runs),
        Kind::Stop | Kind::Cleanup | Kind::Noop if runs || facts.begun => Err(Refused::HasBegun { kind: facts.kind }),
        Kind::Stop | Kind::Cleanup => take_back(facts),
        Kind::Pull if runs && facts.ended_by.is_some() => Ok(Step::Nothing),
        Kind::Pull if runs => Ok(Step::EndPull),
        Kind::Pull | Kind::Noop => Ok(Step::Drop),
    }
}

fn cancel_start(facts: &Facts, runs: bool) -> Result<Step, Refused> {
    match facts.desktop {
        None if runs => Err(Refused::DesktopGone),
        None => Ok(Step::Drop),
        // Something later is wanted already, and this one ends by itself.
        Some(_) if runs && facts.other.is_some() => Ok(Step::Nothing),
        Some(status) => match decide(status, Input::Stop { held: true }) {
            Decision::Become(_) => Ok(Step::StopIt),
            Decision::Same | Decision::Stale | Decision::Refuse(_) | Decision::Gone if runs => Ok(Step::Nothing),
            Decision::Same | Decision::Stale | Decision::Refuse(_) | Decision::Gone => Ok(Step::Drop),
        },
    }
}

fn take_back(facts: &Facts) -> Result<Step, Refused> {
    let Some(status) = facts.desktop else { return Ok(Step::Drop) };
    let cannot = |why| Err(Refused::CannotCancel { why });
    if facts.ended_inside {
        return cannot("Its desktop ended by itself: there is nothing to go back to.");
    }
    let Some(before) = facts.before else { return cannot("It is not known what its desktop was before.") };
    match (decide(status, Input::TakenBack { before }), before) {
        (Decision::Become(change), _) => Ok(Step::TakeBack(change)),
        (_, Status::Queued | Status::Starting) => {
            cannot("It ends a start that was under way, which cannot be gone on with. Start the desktop again instead.")
        }
        (_, Status::Running | Status::Stopping | Status::Stopped | Status::Failed | Status::Deleting) => {
            cannot("It clears away what a start that failed has left.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every kind × state × begun × desktop, each with both actions; one snapshot to read.
    #[test]
    fn the_whole_matrix() {
        let mut table = String::new();
        let desktops = || Status::ALL.iter().copied().map(Some).chain([None]);
        for kind in [Kind::Create, Kind::Stop, Kind::Cleanup, Kind::Pull] {
            for state in JobState::ALL {
                for desktop in desktops() {
                    let begun = !matches!(state, JobState::Available | JobState::Scheduled);
                    let facts = Facts {
                        kind,
                        state: *state,
                        begun,
                        worker: None,
                        finished_at: None,
                        ended_by: None,
                        desktop,
                        other: None,
                        before: Some(Status::Running),
                        ended_inside: false,
                    };
                    let cell = |action| match judge(&facts, action) {
                        Ok(step) => format!("{step:?}"),
                        Err(why) => format!("! {}", format!("{why:?}").split([' ', '{']).next().unwrap_or_default()),
                    };
                    table.push_str(&format!(
                        "{:15} {:9} desktop {:8} retry → {:15} cancel → {}\n",
                        kind.as_str(),
                        state.as_str(),
                        desktop.map_or("gone", Status::as_str),
                        cell(Action::Retry),
                        cell(Action::Cancel),
                    ));
                }
            }
        }
        insta::assert_snapshot!(table);
    }
}
