//! The kinds of failure, and what follows from each: what to do about it, the code that the desktop shows, the words for its user.
//!
//! Which failure is of which kind is decided in `error`, once.

use berth_shared::domain::desktop::ReasonCode;

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The engine cannot be reached at all: no socket, connection refused, or cut off in the middle.
    EngineDown,
    /// The engine took the call and did not answer in time; what it did is not known.
    TimedOut,
    /// The engine failed for a reason that usually passes.
    Transient,
    /// Its disk or memory is full.
    NoSpace,
    /// Somebody else listens on the host port.
    PortTaken,
    /// A container (or network) of that name exists already.
    NameTaken,
    /// The container, volume or network is not there.
    NotFound,
    /// Somebody is removing it right now.
    Removing,
    /// The network is gone, full, or no addresses are left for one.
    Network,
    /// A thing of that name is there but its labels are not ours: hands off.
    NotOurs,
    /// The volume still has a container.
    InUse,
    /// The engine does not have the image, or its registry has none of that name.
    ImageMissing,
    /// Its registry does not give the image to us.
    PullDenied,
    /// Its registry does not answer, or not as one.
    RegistryAway,
    /// The image is there but its program cannot be started.
    ImageBroken,
    /// The engine refuses what was asked; asking again gives the same answer.
    Refused,
    /// The container ended before it was ready.
    Ended,
    /// The container ran out of memory before it was ready.
    OutOfMemory,
    /// It runs, but never said that it was ready.
    NotReady,
    /// It runs, but nothing answers at its port.
    NoAnswer,
}

/// What a job does about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// Wait for the engine; no attempt is used up.
    Snooze,
    /// Try again after a backoff.
    Retry,
    /// Mark the port foreign and take another, in the same attempt.
    AnotherPort,
    /// Give up at once: a retry would say the same.
    Discard,
}

impl Kind {
    #[must_use]
    pub fn remedy(self) -> Remedy {
        match self {
            Self::EngineDown => Remedy::Snooze,
            Self::PortTaken => Remedy::AnotherPort,
            Self::ImageMissing | Self::PullDenied | Self::ImageBroken | Self::Refused | Self::NotOurs => {
                Remedy::Discard
            }
            Self::TimedOut
            | Self::Transient
            | Self::RegistryAway
            | Self::NoSpace
            | Self::NameTaken
            | Self::NotFound
            | Self::Removing
            | Self::Network
            | Self::InUse
            | Self::Ended
            | Self::OutOfMemory
            | Self::NotReady
            | Self::NoAnswer => Remedy::Retry,
        }
    }

    /// Why a desktop failed, when this was the last word on it.
    #[must_use]
    pub fn reason(self) -> ReasonCode {
        match self {
            Self::ImageMissing | Self::PullDenied | Self::RegistryAway => ReasonCode::ImageMissing,
            Self::ImageBroken | Self::Refused => ReasonCode::ImageBroken,
            Self::Ended => ReasonCode::Crashed,
            Self::OutOfMemory => ReasonCode::OutOfMemory,
            Self::NotReady | Self::TimedOut => ReasonCode::StartTimeout,
            Self::NoAnswer => ReasonCode::NoAnswer,
            Self::EngineDown
            | Self::Transient
            | Self::NoSpace
            | Self::PortTaken
            | Self::NameTaken
            | Self::NotFound
            | Self::Removing
            | Self::Network
            | Self::NotOurs
            | Self::InUse => ReasonCode::GaveUp,
        }
    }

    /// Whether an engine that hangs or went away in the middle looks like this too.
    #[must_use]
    pub fn may_be_its_absence(self) -> bool {
        match self {
            Self::EngineDown | Self::TimedOut | Self::Transient | Self::NotReady | Self::NoAnswer => true,
            Self::NoSpace
            | Self::PortTaken
            | Self::NameTaken
            | Self::NotFound
            | Self::Removing
            | Self::Network
            | Self::NotOurs
            | Self::InUse
            | Self::ImageMissing
            | Self::PullDenied
            | Self::RegistryAway
            | Self::ImageBroken
            | Self::Refused
            | Self::Ended
            | Self::OutOfMemory => false,
        }
    }

    /// Whether the container that this was said of is of no use to the next attempt.
    #[must_use]
    pub fn spoils_container(self) -> bool {
        match self {
            Self::Ended | Self::OutOfMemory | Self::NotReady | Self::NoAnswer | Self::ImageBroken | Self::Refused => {
                true
            }
            Self::EngineDown
            | Self::TimedOut
            | Self::Transient
            | Self::NoSpace
            | Self::PortTaken
            | Self::NameTaken
            | Self::NotFound
            | Self::Removing
            | Self::Network
            | Self::NotOurs
            | Self::InUse
            | Self::ImageMissing
            | Self::PullDenied
            | Self::RegistryAway => false,
        }
    }

    /// For the desktop's owner: what it means, without Docker's words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::EngineDown => "The container engine cannot be reached.",
            Self::TimedOut => "The container engine did not answer in time.",
            Self::Transient => "The container engine had a problem.",
            Self::NoSpace => "The server has no room left for another desktop.",
            Self::PortTaken => "Another program uses this desktop's port.",
            Self::NameTaken => "An older container of this desktop is still there.",
            Self::NotFound => "The desktop's container is gone.",
            Self::Removing => "The desktop's container is still being removed.",
            Self::Network => "The server could not connect the desktop to its network.",
            Self::NotOurs => "Something else on the server has this desktop's name.",
            Self::InUse => "The desktop's files are still in use.",
            Self::ImageMissing => "This template's image is not on the server.",
            Self::PullDenied => "The registry does not give this template's image to the server.",
            Self::RegistryAway => "The registry of this template's image does not answer.",
            Self::ImageBroken => "This template's image cannot be started.",
            Self::Refused => "The container engine refuses this template's settings.",
            Self::Ended => "The desktop ended while it was starting.",
            Self::OutOfMemory => "The desktop ran out of memory while it was starting.",
            Self::NotReady => "The desktop did not get ready in time.",
            Self::NoAnswer => "The desktop runs, but its screen does not answer.",
        }
    }

    /// For the metric's label `outcome` and the log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EngineDown => "engine_down",
            Self::TimedOut => "timed_out",
            Self::Transient => "transient",
            Self::NoSpace => "no_space",
            Self::PortTaken => "port_taken",
            Self::NameTaken => "name_taken",
            Self::NotFound => "not_found",
            Self::Removing => "removing",
            Self::Network => "network",
            Self::NotOurs => "not_ours",
            Self::InUse => "in_use",
            Self::ImageMissing => "image_missing",
            Self::PullDenied => "pull_denied",
            Self::RegistryAway => "registry_away",
            Self::ImageBroken => "image_broken",
            Self::Refused => "refused",
            Self::Ended => "ended",
            Self::OutOfMemory => "out_of_memory",
            Self::NotReady => "not_ready",
            Self::NoAnswer => "no_answer",
        }
    }
}
