//! A job: one piece of work on one desktop or image, and the life of that work. The words are River's.

use super::words;

words!(
    /// What is to be done.
    #[schema(as = JobKind)]
    Kind {
        /// Bring the desktop up.
        Create = "desktop.create",
        /// Take container and port away, keep the home.
        Stop = "desktop.stop",
        /// Take everything away, the home too.
        Cleanup = "desktop.cleanup",
        /// Fetch an image from its registry to a node.
        Pull = "image.pull",
        /// Nothing at all, for benchmarks: the whole way through the queue without an engine. Outside the API: it is in no
        /// description and no list, and no call makes one.
        #[serde(skip)]
        Noop = "noop",
    }
);

impl Kind {
    /// Lower is claimed first: what gives room back goes before what takes it. Each number is a line of its own.
    #[must_use]
    pub const fn priority(self) -> i64 {
        match self {
            Self::Stop | Self::Cleanup | Self::Noop => 0,
            Self::Create => 1,
            Self::Pull => 2,
        }
    }
}

words!(
    /// Where a job is.
    JobState {
        /// Ready to run; a worker's claim moves it on.
        Available = "available",
        /// Its time has not come; it becomes available by the clock.
        Scheduled = "scheduled",
        /// A worker holds its lease; ends by that worker's word, or when the lease runs out (then available again).
        Running = "running",
        /// Waits out the pause after a failed try; it becomes available by the clock.
        Retryable = "retryable",
        /// Done. Final.
        Completed = "completed",
        /// Nobody wants it any more. Final, but it may be retried by an administrator.
        Cancelled = "cancelled",
        /// Given up. Final, but it may be retried by an administrator.
        Discarded = "discarded",
    }
);

words!(
    /// How one try of a job ended.
    Outcome {
        Done = "done",
        Failed = "failed",
        /// The worker fell silent; not the job's fault.
        Lost = "lost",
        /// Put back without using up a try: the engine was down, or the worker ended.
        Snoozed = "snoozed",
        Cancelled = "cancelled",
    }
);
