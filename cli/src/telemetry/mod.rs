//! What leaves this process besides its log, when somebody asks for it: traces by OTLP, errors to Sentry. Both are off by default.
//!
//! Whatever becomes of the receiver, nobody waits for it: what is to be sent lies in a queue with an end, is sent from a thread of
//! its own, and is thrown away when the queue is full.

mod errors;
mod scrub;
mod traces;

use anyhow::Context as _;
use berth_shared::config::Settings;
use secrecy::ExposeSecret as _;
use tokio::runtime::Handle;
use tracing_subscriber::layer::Layer;

/// As [`crate::logging`] puts it around the registry.
pub(crate) type Boxed<S> = Box<dyn Layer<S> + Send + Sync>;

pub(crate) struct Telemetry {
    traces: Option<traces::Traces>,
    errors: Option<errors::Errors>,
}

impl Telemetry {
    /// Of what the settings name, for what runs long. Nothing is sent yet.
    ///
    /// # Errors
    /// In words, when a setting cannot be used.
    pub(crate) fn new(settings: &Settings, part: &str, long_running: bool, on: &Handle) -> anyhow::Result<Self> {
        if !long_running {
            return Ok(Self { traces: None, errors: None });
        }
        _ = rustls::crypto::ring::default_provider().install_default();
        let traces = settings.otlp_endpoint.as_deref().map(|url| traces::Traces::new(url, part, &settings.node, on));
        let errors = settings.sentry_dsn.as_ref().map(|dsn| errors::Errors::new(dsn.expose_secret(), part));
        Ok(Self {
            traces: traces.transpose().context("BERTH_OTLP_ENDPOINT")?,
            errors: errors.transpose().context("BERTH_SENTRY_DSN")?,
        })
    }

    pub(crate) fn traces<S>(&self) -> Option<Boxed<S>>
    where
        S: tracing::Subscriber + for<'span> tracing_subscriber::registry::LookupSpan<'span> + Send + Sync,
    {
        self.traces.as_ref().map(traces::Traces::layer)
    }

    pub(crate) fn errors<S>(&self) -> Option<Boxed<S>>
    where
        S: tracing::Subscriber + for<'span> tracing_subscriber::registry::LookupSpan<'span> + Send + Sync,
    {
        self.errors.as_ref().map(errors::Errors::layer)
    }

    /// Sends what still lies there, for a moment.
    pub(crate) fn end(self) {
        if let Some(traces) = self.traces {
            traces.end();
        }
        if let Some(errors) = self.errors {
            errors.end();
        }
    }
}
