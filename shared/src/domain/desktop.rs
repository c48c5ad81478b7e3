//! A desktop as the database, the api and the page know it. How it moves: [`super::transition`].

use super::{time::Time, words};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

words!(
    /// What a desktop is.
    #[schema(as = DesktopStatus)]
    Status {
        /// Waits for its turn. A worker's claim moves it on.
        Queued = "queued",
        /// A worker sets it up. Ends when its session is painted, or back in line, or failed.
        Starting = "starting",
        /// Its user can work. Ends by a request, or when its container ends.
        Running = "running",
        /// Container and port are being taken away. Ends when both are gone.
        Stopping = "stopping",
        /// Only its home is left. A start moves it on.
        Stopped = "stopped",
        /// Its start was given up; the reason says why. A start or stop moves it on.
        Failed = "failed",
        /// Everything of it, the home too, is being removed. Ends with the row.
        Deleting = "deleting",
    }
);

words!(
    /// What was asked for last.
    Desired { Running = "running", Stopped = "stopped", Deleted = "deleted" }
);

impl Status {
    /// The wish under which this status can stand.
    #[must_use]
    pub const fn desired(self) -> Desired {
        match self {
            Self::Queued | Self::Starting | Self::Running | Self::Failed => Desired::Running,
            Self::Stopping | Self::Stopped => Desired::Stopped,
            Self::Deleting => Desired::Deleted,
        }
    }
}

words!(
    /// Why a desktop is as it is.
    ReasonCode {
        ByUser = "by_user",
        ByAdmin = "by_admin",
        EndedInside = "ended_inside",
        Idle = "idle",
        Lifetime = "lifetime",
        OutOfMemory = "out_of_memory",
        Crashed = "crashed",
        EngineLost = "engine_lost",
        ImageMissing = "image_missing",
        ImageBroken = "image_broken",
        StartTimeout = "start_timeout",
        NoAnswer = "no_answer",
        GaveUp = "gave_up",
    }
);

/// A reason in a word for programs and in words for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reason {
    pub code: ReasonCode,
    pub text: String,
}

words!(
    /// The steps of a start, in their order.
    StepName { Asked = "asked", Claimed = "claimed", Created = "created", Booted = "booted", Ready = "ready" }
);

/// A step of the present start and when it was reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Step {
    pub name: StepName,
    pub at: Time,
}

words!(
    /// How one gets into a desktop.
    ConnectKind { Vnc = "vnc", Web = "web" }
);

/// The way into a running desktop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Connect {
    pub kind: ConnectKind,
    /// A path below the address of this page.
    pub url: String,
}

/// Tries of the present start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Attempt {
    pub n: i64,
    pub max: i64,
    pub last_error: Option<String>,
}

/// Start slots of all live nodes together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct Slots {
    pub busy: i64,
    pub total: i64,
}

words!(
    /// Why a start waits.
    QueueReasonCode {
        NoStartSlot = "no_start_slot",
        FairTurn = "fair_turn",
        EngineDown = "engine_down",
        NoWorker = "no_worker",
        Paused = "paused",
        Backoff = "backoff",
        NoFreePort = "no_free_port",
        ImagePulling = "image_pulling",
    }
);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QueueReason {
    pub code: QueueReasonCode,
    pub text: String,
    /// When it is tried again, where that is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(nullable = false)]
    pub retry_at: Option<Time>,
    /// Since when starts are held, where somebody holds them; null for every other reason.
    #[serde(default)]
    pub since: Option<Time>,
}

/// A waiting desktop's place in line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct QueueInfo {
    /// 1 for the next; null while it waits out a pause between two tries.
    pub position: Option<i64>,
    /// Seconds until it should be running; null where nothing was measured or nothing moves.
    pub eta_seconds: Option<f64>,
    /// Starts that go before it.
    pub ahead: i64,
    pub slots: Slots,
    pub reason: Option<QueueReason>,
}

/// A desktop as the api shows it and as events carry it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = Desktop)]
pub struct DesktopView {
    pub id: String,
    pub name: String,
    /// The owner's username.
    pub owner: String,
    /// The template's id.
    pub template: String,
    pub status: Status,
    pub desired: Desired,
    pub reason: Option<Reason>,
    /// The last step reached.
    pub step: Option<StepName>,
    pub steps: Vec<Step>,
    /// Only while it waits; stored events leave it out, a `queue` event brings it.
    pub queue: Option<QueueInfo>,
    pub attempt: Attempt,
    /// Grows with every change.
    pub version: i64,
    pub created_at: Time,
    pub started_at: Option<Time>,
    pub stopped_at: Option<Time>,
    /// Username of who stopped it.
    pub stopped_by: Option<String>,
    pub last_active_at: Option<Time>,
    pub job_id: Option<String>,
    /// It runs, and its template's image is another one by now: the next start would be of that.
    #[serde(default)]
    #[schema(required = true)]
    pub newer_image: bool,
    pub connect: Option<Connect>,
}
