//! What goes to standard error: text for people on a terminal, JSON lines for programs otherwise. Beside it stand the layers of
//! [`crate::telemetry`], each with a filter of its own.

use crate::telemetry::Telemetry;
use berth_shared::config::{LogFormat, Settings};
use std::io::IsTerminal as _;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Registry, fmt};

/// Starts logging. Commands that end by themselves log warnings only, so that their own words stand out.
pub(crate) fn start(settings: &Settings, long_running: bool, telemetry: &Telemetry) {
    let wanted = if long_running || settings.log != "info" { settings.log.as_str() } else { "warn" };
    let filter = EnvFilter::try_new(wanted).unwrap_or_else(|error| {
        eprintln!("berth: BERTH_LOG=“{wanted}” is no filter ({error}); logging info");
        EnvFilter::new("info")
    });
    // sqlx logs each statement, hyper and bollard each connection: only when asked for by name.
    let filter = ["sqlx=warn", "hyper=warn", "bollard=warn", "apalis=warn", "apalis_core=warn"]
        .iter()
        .filter(|quiet| !wanted.contains(quiet.split('=').next().unwrap_or_default()))
        .fold(filter, |filter, quiet| match quiet.parse() {
            Ok(directive) => filter.add_directive(directive),
            Err(_) => filter,
        });
    let terminal = std::io::stderr().is_terminal();
    let text = settings.log_format.map_or(terminal, |format| format == LogFormat::Text);
    let log = fmt::layer().with_writer(std::io::stderr);
    let log = if text {
        log.with_ansi(terminal).with_target(false).boxed()
    } else {
        log.json().flatten_event(true).with_current_span(true).with_span_list(false).boxed()
    };
    Registry::default().with(log.with_filter(filter)).with(telemetry.traces()).with(telemetry.errors()).init();
}
