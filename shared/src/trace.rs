//! One trace from a click to what comes of it: which trace a request is in is stored with its job, and goes on from there in
//! the worker and where the event is told.
//!
//! The only door to OpenTelemetry besides `cli`, which sends the spans. Stored is `<trace>-<span>` in hexadecimal digits while spans
//! are sent, and the request's own id otherwise; people are shown the trace alone.

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState};
use std::sync::atomic::{AtomicBool, Ordering};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

static ON: AtomicBool = AtomicBool::new(false);

/// Spans are sent from now on.
pub fn begin() {
    ON.store(true, Ordering::Relaxed);
}

#[must_use]
pub fn is_on() -> bool {
    ON.load(Ordering::Relaxed)
}

/// What to store of the span that this is called in. None: spans are not sent.
#[must_use]
pub fn current() -> Option<String> {
    if !is_on() {
        return None;
    }
    let context = Span::current().context();
    let span = context.span().span_context().clone();
    span.is_valid().then(|| format!("{}-{}", span.trace_id(), span.span_id()))
}

/// Lets a span go on with what was stored.
pub fn follow(span: &Span, stored: Option<&str>) {
    if !is_on() {
        return;
    }
    let Some((trace, parent)) = stored.and_then(parse) else { return };
    let parent = SpanContext::new(trace, parent, TraceFlags::SAMPLED, true, TraceState::default());
    // Refused only by a span that has begun or is not sent: then it stands alone.
    _ = span.set_parent(Context::new().with_remote_span_context(parent));
}

/// What people are shown of what is stored.
#[must_use]
pub fn shown(stored: &str) -> &str {
    match (parse(stored), stored.split_once('-')) {
        (Some(_), Some((trace, _))) => trace,
        _ => stored,
    }
}

fn parse(stored: &str) -> Option<(TraceId, SpanId)> {
    let (trace, span) = stored.split_once('-')?;
    let (trace, span) = match (trace.len(), span.len()) {
        (32, 16) => (TraceId::from_hex(trace).ok()?, SpanId::from_hex(span).ok()?),
        _ => return None,
    };
    (trace != TraceId::INVALID && span != SpanId::INVALID).then_some((trace, span))
}

#[cfg(test)]
mod tests {
    use super::{parse, shown};

    #[test]
    fn only_what_we_store_is_read_back() {
        let stored = "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7";
        assert!(parse(stored).is_some());
        assert_eq!(shown(stored), "4bf92f3577b34da6a3ce929d0e0e4736");
        for other in [
            "",
            "01K0REQUESTID",
            "a-b",
            "00000000000000000000000000000000-00f067aa0ba902b7",
            "zzf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
        ] {
            assert!(parse(other).is_none(), "{other}");
            assert_eq!(shown(other), other);
        }
    }
}
