//! What every handler can reach. Made once a process; cheap to clone.
use std::{ops::Deref, sync::Arc, time::Duration};

use berth_shared::{
    config::{Pulls, Settings, StartSlots, Trusted},
    domain::new_id,
    events::{Hub, Signals},
    lifecycle::Limits,
    queue::{
        line::LineCache,
        overview::{Overview, Ways},
    },
    secrets::SecretKey,
    store::{Db, installation::Installation},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    auth::{cache::Callers, cookies::Cookies, oidc::Providers, password::Passwords, throttle::Throttle},
    limits::ApiLimits,
    origin::Origin,
    routes::health::Health,
    sse::EventStreams,
};

#[derive(Clone)]
pub struct App(Arc<Inner>);

/// What the api is made of; the same process may run a worker on them too.
pub struct Parts {
    pub settings: Settings,
    pub db: Db,
    /// The process's own, shared with a worker in it.
    pub signals: Signals,
    pub key: SecretKey,
    pub installation: Installation,
    /// How long this process goes on answering once it was told to end, until whatever sends it calls has noticed.
    pub drain: Duration,
}

pub struct Inner {
    pub db: Db,
    pub signals: Signals,
    pub hub: Hub,
    pub line: LineCache,
    pub overview: Overview,
    pub key: SecretKey,
    /// The installation's defaults for what a user may have and start.
    pub limits: Limits,
    pub api_limits: ApiLimits,
    /// How often a refusal that may come in a flood is written into the audit log.
    pub refusals: ApiLimits,
    /// How often pages may tell of their errors.
    pub page_errors: ApiLimits,
    pub event_streams: EventStreams,
    pub passwords: Passwords,
    pub throttle: Throttle,
    pub callers: Callers,
    /// Who else may say who somebody is.
    pub oidc: Providers,
    pub cookies: Cookies,
    pub public: Origin,
    /// The same as text, for links.
    pub public_url: String,
    pub trusted_proxies: Vec<Trusted>,
    pub admin_opens_desktops: bool,
    /// Tells this process's viewers from another's.
    pub process: String,
    pub session_ttl: Duration,
    pub refresh_ttl: Duration,
    pub shutdown_limit: Duration,
    /// Which images may be fetched.
    pub pulls: Pulls,
    /// Cancelled when this process is told to end: it is not ready any more, and lets go of connections.
    pub told_to_end: CancellationToken,
    pub drain: Duration,
    /// Cancelled when it ends, having drained: nothing new is accepted, streams say so and go.
    pub ending: CancellationToken,
    /// Viewers outlive their request; a shutdown waits for them.
    pub viewers: TaskTracker,
}

impl App {
    /// `told_to_end` says when the process is to end.
    #[must_use]
    pub fn new(parts: Parts, told_to_end: CancellationToken) -> Self {
        let Parts { settings, db, signals, key, installation, drain } = parts;
        let public = settings.public_url.origin();
        Self(Arc::new(Inner {
            hub: Hub::new(db.clone(), installation.epoch),
            line: LineCache::new(db.clone(), settings.lease_ttl),
            overview: Overview::new(
                db.clone(),
                Ways {
                    silent_after: settings.lease_ttl,
                    auto_slots: matches!(settings.starts_per_host, StartSlots::Auto),
                },
            ),
            callers: Callers::told_by(signals.redis()),
            db,
            signals,
            key,
            limits: Limits {
                max_desktops: settings.max_desktops_per_user,
                starts: settings.start_limits,
                max_streams: settings.max_streams_per_user,
                job_max_attempts: settings.job_max_attempts,
            },
            api_limits: ApiLimits::new(settings.api_limits.iter().map(|rate| (rate.limit, rate.window.length()))),
            refusals: ApiLimits::new([(1, Duration::from_secs(60))]),
            page_errors: ApiLimits::new([(10, Duration::from_secs(60))]),
            event_streams: EventStreams::default(),
            passwords: Passwords::default(),
            throttle: Throttle::default(),
            oidc: Providers::new(settings.oidc, &public),
            cookies: Cookies { https: settings.public_url.https },
            // The settings have checked it; were it none, no browser could change anything.
            public: Origin::parse(&public).unwrap_or_else(Origin::nowhere),
            public_url: public,
            admin_opens_desktops: settings.admin_opens_desktops,
            process: new_id(),
            trusted_proxies: settings.trusted_proxies,
            session_ttl: settings.session_ttl,
            refresh_ttl: settings.refresh_ttl,
            shutdown_limit: settings.shutdown_limit,
            pulls: settings.pulls,
            told_to_end,
            // What is under way needs most of the time that there is.
            drain: drain.min(settings.shutdown_limit / 4),
            ending: CancellationToken::new(),
            viewers: TaskTracker::new(),
        }))
    }

    /// What `/readyz` looks at.
    #[must_use]
    pub fn health(&self) -> Health {
        Health { db: self.db.clone(), signals: self.signals.clone(), told_to_end: self.told_to_end.clone() }
    }

    /// Returns when streams have to go, each at another moment: all who listened here come back at once, elsewhere.
    pub fn stream_ends(&self) -> impl Future<Output = ()> + Send + use<> {
        let (ending, later) = (self.ending.clone(), self.drain.mul_f64(rand::random::<f64>() / 2.0));
        async move {
            ending.cancelled().await;
            tokio::time::sleep(later).await;
        }
    }
}

impl Deref for App {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}
