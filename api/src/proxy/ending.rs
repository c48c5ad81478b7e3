//! Why we end a viewer's connection: each reason has a close code that the page knows.

/// Told to a bridge from outside, whenever it happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The desktop was stopped.
    Stopped,
    /// The desktop was deleted.
    Deleted,
    /// The log-in was revoked or the user disabled.
    SignedOut,
    /// This process ends; another one, or its successor, is there: come back.
    ApiEnds,
    /// The container or the way to it is gone, and nobody asked for that.
    Lost,
}

impl Ending {
    pub fn code(self) -> u16 {
        match self {
            Self::Stopped => 4000,
            Self::Deleted => 4001,
            Self::SignedOut => 4002,
            Self::ApiEnds => 4003,
            Self::Lost => 4004,
        }
    }

    pub fn text(self) -> &'static str {
        match self {
            Self::Stopped => "the desktop was stopped",
            Self::Deleted => "the desktop was deleted",
            Self::SignedOut => "signed out",
            Self::ApiEnds => "this server ends, come back",
            Self::Lost => "the desktop was lost",
        }
    }
}
