//! Every way in which a call is refused: the one file that knows status codes.
//!
//! An answer is an RFC 9457 problem. It leaves here without a request id and without a body; `request_id`,
//! the outermost layer, knows the id and writes the body. What went wrong inside (5xx) goes to the log, once,
//! here; the caller gets a fixed text.
mod words;

use std::time::Duration;

use axum::{
    http::{
        HeaderValue, StatusCode,
        header::{self, HeaderName},
    },
    response::{IntoResponse, Response},
};
use berth_shared::{
    domain::{drift::DriftAction, steer::Refused, token::Scope},
    lifecycle::Denied,
    store::StoreError,
};
use serde::Serialize;
use utoipa::ToSchema;

pub(crate) use words::chain;
use words::{desktops_words, first_fault, offered_words, whole_seconds, window_words};

pub const CONTENT_TYPE: &str = "application/problem+json";

/// Nobody knows when somebody closes something; a program should not ask all the time.
const UNTIL_ONE_CLOSES: Duration = Duration::from_secs(10);

pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What the caller did or what happened to us, one variant per `code` of the contract.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    #[error("This needs a session: sign in first.")]
    Unauthenticated,
    #[error("The name or the password is wrong.")]
    BadCredentials,
    #[error("The session has ended: sign in again.")]
    SessionEnded,
    #[error("The token is wrong, has run out or was taken back.")]
    TokenInvalid,
    #[error("This cannot be done with a token: sign in.")]
    TokenNotAllowed,
    #[error("This token may not do this: it needs the scope “{0}”.")]
    TokenScope(Scope),
    #[error("You have {limit} tokens already: delete one to make room.")]
    TooManyTokens { limit: i64 },
    #[error("This account needs a code from its authenticator app as well.")]
    TwoFactorRequired,
    #[error("The code is wrong, or was used before.")]
    TwoFactorWrong,
    #[error("Two-factor sign-in is on already.")]
    TwoFactorOn,
    #[error("There is no two-factor sign-in to confirm: begin with it first.")]
    TwoFactorNotBegun,
    #[error("Too many failed log-ins: try again in {} s.", whole_seconds(*.retry_after))]
    TooManyFailures { retry_after: Duration },
    #[error("Your role does not allow this.")]
    Forbidden,
    #[error("The call comes from another site.")]
    OriginRefused,
    #[error("There is nothing here that you may see.")]
    NotFound,
    #[error("This address does not take that method.")]
    MethodNotAllowed,
    #[error("This is answered in a format that the call does not accept.")]
    NotAcceptable,
    #[error("This address is opened as a WebSocket.")]
    UpgradeRequired,
    #[error("The body is larger than {} KiB.", .limit_bytes / 1024)]
    PayloadTooLarge { limit_bytes: usize },
    #[error("The body did not come within {limit_seconds} s.")]
    BodyTooSlow { limit_seconds: u64 },
    #[error("The body broke off.")]
    BodyBrokeOff,
    #[error("The body must be sent as application/json.")]
    UnsupportedMediaType,
    #[error("The body is not JSON: {message}, in line {line}, column {column}.")]
    MalformedJson { message: String, line: usize, column: usize },
    #[error("{}", first_fault(.0))]
    ValidationFailed(Vec<FieldError>),
    #[error("There is no template “{0}”.")]
    UnknownTemplate(String),
    #[error("This Idempotency-Key came with another body before.")]
    IdempotencyConflict,
    #[error("You have {used} of {limit} desktops: delete one to make room.")]
    QuotaExceeded { limit: i64, used: i64 },
    #[error("{} starts in {} are used up: the next one is possible in {} s.", .0.limit, window_words(.0.window), whole_seconds(.0.retry_after))]
    StartRateLimited(RateWindow),
    #[error("Too many calls: try again in {} s.", whole_seconds(.0.retry_after))]
    RateLimited(RateWindow),
    #[error("You have {limit} desktops open already: close one to make room.")]
    TooManyStreams { limit: i64 },
    #[error("You have {limit} streams of events open already: close a page to make room.")]
    TooManyEventStreams { limit: u32 },
    #[error("The desktop is {status}, not running.")]
    NotRunning { status: String },
    #[error("The desktop is being deleted.")]
    BeingDeleted,
    #[error("The name “{0}” is taken.")]
    UsernameTaken(String),
    #[error("The name “{0}” is taken.")]
    NameTaken(String),
    #[error("{desktops} desktops were started from it: disable it instead.")]
    TemplateInUse { desktops: i64 },
    #[error(
        "{image} is not downloaded: its name does not begin with a registry's host (BERTH_PULL_IMAGES says what may be)."
    )]
    PullNotAllowed { image: String },
    #[error("No server is there that could download it.")]
    NoNode,
    #[error("This is the last administrator who can sign in.")]
    LastAdmin,
    #[error("This is your own account; another administrator can do it.")]
    OwnAccount,
    #[error("{}", desktops_words(*.count))]
    HasDesktops { count: i64 },
    #[error("This user is disabled: enable them first.")]
    UserDisabled,
    #[error("This user is being deleted.")]
    UserBeingDeleted,
    #[error("This invitation is wrong, has run out or was used; ask for another one.")]
    InviteInvalid,
    #[error("{0}")]
    Steer(Refused),
    #[error("It is settled already, or never was.")]
    DriftSettled,
    #[error("{}", offered_words(.0))]
    NotOffered(Vec<DriftAction>),
    #[error("The container engine of {node} does not answer; ask again when it does.")]
    EngineDown { node: String },
    #[error("Something went wrong here; the log has it under this request id.")]
    Internal(#[source] BoxError),
    #[error("The database is not reachable; this passes.")]
    DatabaseDown(#[source] BoxError),
}

/// A field that was refused, named by its path in the body or query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    #[schema(example = "name")]
    pub field: String,
    pub message: String,
}

/// A rate window that is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateWindow {
    pub limit: u32,
    pub window: Duration,
    pub retry_after: Duration,
}

/// The body of every refused call (RFC 9457).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    #[serde(rename = "type")]
    #[schema(example = "urn:berth:problem:not_found")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    pub detail: String,
    /// What programs should look at; the texts may change.
    #[schema(example = "not_found")]
    pub code: String,
    /// Also in the header `x-request-id` and in the log.
    pub request_id: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub errors: Vec<FieldError>,
    /// Of `has_desktops`: how many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
}

impl ApiError {
    pub fn internal(source: impl Into<BoxError>) -> Self {
        Self::Internal(source.into())
    }

    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::ValidationFailed(vec![FieldError { field: field.into(), message: message.into() }])
    }

    /// Status, `code` and title.
    fn parts(&self) -> (StatusCode, &'static str, &'static str) {
        use StatusCode as S;
        match self {
            Self::Unauthenticated => (S::UNAUTHORIZED, "unauthenticated", "Not signed in"),
            Self::BadCredentials => (S::UNAUTHORIZED, "bad_credentials", "Wrong name or password"),
            Self::SessionEnded => (S::UNAUTHORIZED, "session_ended", "Session ended"),
            Self::TokenInvalid => (S::UNAUTHORIZED, "token_invalid", "Token not valid"),
            Self::TokenNotAllowed | Self::TokenScope(_) => (S::FORBIDDEN, "token_not_allowed", "Not with this token"),
            Self::TooManyTokens { .. } => (S::CONFLICT, "too_many_tokens", "Too many tokens"),
            Self::TwoFactorRequired => (S::UNAUTHORIZED, "two_factor_required", "Code needed"),
            Self::TwoFactorWrong => (S::UNAUTHORIZED, "two_factor_wrong", "Wrong code"),
            Self::TwoFactorOn => (S::CONFLICT, "two_factor_on", "On already"),
            Self::TwoFactorNotBegun => (S::CONFLICT, "two_factor_not_begun", "Not begun"),
            Self::TooManyFailures { .. } => (S::TOO_MANY_REQUESTS, "too_many_failures", "Too many failed log-ins"),
            Self::Forbidden => (S::FORBIDDEN, "forbidden", "Not allowed"),
            Self::OriginRefused => (S::FORBIDDEN, "origin_refused", "Call from another site"),
            Self::NotFound => (S::NOT_FOUND, "not_found", "Not found"),
            Self::MethodNotAllowed => (S::METHOD_NOT_ALLOWED, "method_not_allowed", "Method not allowed"),
            Self::NotAcceptable => (S::NOT_ACCEPTABLE, "not_acceptable", "Not acceptable"),
            Self::UpgradeRequired => (S::UPGRADE_REQUIRED, "upgrade_required", "WebSocket needed"),
            Self::PayloadTooLarge { .. } => (S::PAYLOAD_TOO_LARGE, "payload_too_large", "Body too large"),
            Self::BodyTooSlow { .. } => (S::REQUEST_TIMEOUT, "body_too_slow", "Body too slow"),
            Self::BodyBrokeOff => (S::BAD_REQUEST, "body_broke_off", "Body broke off"),
            Self::UnsupportedMediaType => (S::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "Not JSON"),
            Self::MalformedJson { .. } => (S::BAD_REQUEST, "malformed_json", "Malformed JSON"),
            Self::ValidationFailed(_) => (S::UNPROCESSABLE_ENTITY, "validation_failed", "Invalid values"),
            Self::UnknownTemplate(_) => (S::UNPROCESSABLE_ENTITY, "unknown_template", "Unknown template"),
            Self::IdempotencyConflict => (S::UNPROCESSABLE_ENTITY, "idempotency_conflict", "Key used before"),
            Self::QuotaExceeded { .. } => (S::CONFLICT, "quota_exceeded", "Quota reached"),
            Self::StartRateLimited(_) => (S::TOO_MANY_REQUESTS, "start_rate_limited", "Too many starts"),
            Self::RateLimited(_) => (S::TOO_MANY_REQUESTS, "rate_limited", "Too many calls"),
            Self::TooManyStreams { .. } => (S::TOO_MANY_REQUESTS, "too_many_streams", "Too many desktops open"),
            Self::TooManyEventStreams { .. } => {
                (S::TOO_MANY_REQUESTS, "too_many_event_streams", "Too many streams of events")
            }
            Self::NotRunning { .. } => (S::CONFLICT, "not_running", "Not running"),
            Self::BeingDeleted => (S::CONFLICT, "being_deleted", "Being deleted"),
            Self::UsernameTaken(_) => (S::CONFLICT, "username_taken", "Name taken"),
            Self::NameTaken(_) => (S::CONFLICT, "name_taken", "Name taken"),
            Self::TemplateInUse { .. } => (S::CONFLICT, "template_in_use", "Template in use"),
            Self::PullNotAllowed { .. } => (S::CONFLICT, "pull_not_allowed", "Not downloaded"),
            Self::NoNode => (S::CONFLICT, "no_node", "No server"),
            Self::LastAdmin => (S::CONFLICT, "last_admin", "Last administrator"),
            Self::OwnAccount => (S::CONFLICT, "own_account", "Own account"),
            Self::HasDesktops { .. } => (S::CONFLICT, "has_desktops", "Has desktops"),
            Self::UserDisabled => (S::CONFLICT, "user_disabled", "User disabled"),
            Self::UserBeingDeleted => (S::CONFLICT, "being_deleted", "Being deleted"),
            Self::InviteInvalid => (S::NOT_FOUND, "invite_invalid", "Invitation not valid"),
            Self::Steer(why) => (S::CONFLICT, steer_code(why), "Not possible now"),
            Self::DriftSettled => (S::NOT_FOUND, "not_found", "Not found"),
            Self::NotOffered(_) => (S::CONFLICT, "not_offered", "Not offered"),
            Self::EngineDown { .. } => (S::CONFLICT, "engine_down", "Engine down"),
            Self::Internal(_) => (S::INTERNAL_SERVER_ERROR, "internal", "Internal error"),
            Self::DatabaseDown(_) => (S::SERVICE_UNAVAILABLE, "database_down", "Database unreachable"),
        }
    }

    pub fn status(&self) -> StatusCode {
        self.parts().0
    }

    pub fn code(&self) -> &'static str {
        self.parts().1
    }

    /// The problem that says the same as a bare status, for answers that axum itself gave.
    pub(crate) fn from_bare_status(status: StatusCode) -> Option<Self> {
        match status {
            // A path that is not UTF-8 names nothing that exists.
            StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND => Some(Self::NotFound),
            StatusCode::METHOD_NOT_ALLOWED => Some(Self::MethodNotAllowed),
            StatusCode::NOT_ACCEPTABLE => Some(Self::NotAcceptable),
            StatusCode::UPGRADE_REQUIRED => Some(Self::UpgradeRequired),
            StatusCode::PAYLOAD_TOO_LARGE => Some(Self::PayloadTooLarge { limit_bytes: crate::extract::BODY_LIMIT }),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Some(Self::UnsupportedMediaType),
            _ => None,
        }
    }

    fn headers(&self) -> Vec<(HeaderName, HeaderValue)> {
        let wait = |d: Duration| (header::RETRY_AFTER, HeaderValue::from(whole_seconds(d)));
        let used_up = |limit: u32, wait: Duration| {
            let own = HeaderName::from_static;
            vec![
                (header::RETRY_AFTER, HeaderValue::from(whole_seconds(wait))),
                (own("ratelimit-limit"), HeaderValue::from(limit)),
                (own("ratelimit-remaining"), HeaderValue::from(0)),
                (own("ratelimit-reset"), HeaderValue::from(whole_seconds(wait))),
            ]
        };
        match self {
            Self::TooManyFailures { retry_after } => vec![wait(*retry_after)],
            Self::DatabaseDown(_) => vec![wait(Duration::from_secs(2))],
            Self::UpgradeRequired => vec![(header::UPGRADE, HeaderValue::from_static("websocket"))],
            Self::RateLimited(w) | Self::StartRateLimited(w) => used_up(w.limit, w.retry_after),
            Self::TooManyStreams { limit } => used_up(u32::try_from(*limit).unwrap_or(u32::MAX), UNTIL_ONE_CLOSES),
            Self::TooManyEventStreams { limit } => used_up(*limit, UNTIL_ONE_CLOSES),
            _ => Vec::new(),
        }
    }

    fn into_problem(self) -> Problem {
        let (status, code, title) = self.parts();
        Problem {
            kind: format!("urn:berth:problem:{code}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: self.to_string(),
            code: code.to_owned(),
            request_id: String::new(),
            count: if let Self::HasDesktops { count } = self { Some(count) } else { None },
            errors: if let Self::ValidationFailed(errors) = self { errors } else { Vec::new() },
        }
    }
}

/// The code of what cannot be done about a job.
const fn steer_code(why: &Refused) -> &'static str {
    match why {
        Refused::JobRunning { .. } => "job_running",
        Refused::JobFinished { .. } => "job_finished",
        Refused::HasBegun { .. } => "has_begun",
        Refused::CannotCancel { .. } => "cannot_cancel",
        Refused::DesktopGone => "desktop_gone",
        Refused::BeingDeleted => "being_deleted",
        Refused::LiveJob { .. } | Refused::JustDealtWith => "live_job",
        Refused::NothingToDo { .. } => "nothing_to_do",
        Refused::UnknownKind => "unknown_kind",
    }
}

impl From<Refused> for ApiError {
    fn from(why: Refused) -> Self {
        Self::Steer(why)
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        if error.passing() { Self::DatabaseDown(error.into()) } else { Self::Internal(error.into()) }
    }
}

impl From<Denied> for ApiError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Quota { limit, used } => Self::QuotaExceeded { limit, used },
            Denied::Rate { full, now, .. } => Self::StartRateLimited(RateWindow {
                limit: u32::try_from(full.limit).unwrap_or(u32::MAX),
                window: full.window.length(),
                retry_after: full.resets_at.map(|at| at.since(now)).unwrap_or_default(),
            }),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        match &self {
            Self::Internal(e) => tracing::error!(error = %chain(&**e), "internal error"),
            Self::DatabaseDown(e) => tracing::warn!(error = %chain(&**e), "database unreachable"),
            _ => {}
        }
        let mut response = self.status().into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
        for (name, value) in self.headers() {
            response.headers_mut().insert(name, value);
        }
        response.extensions_mut().insert(self.into_problem());
        response
    }
}
