//! Errors of this process, and those that pages tell of, sent to Sentry: what is logged as an error is an event there.
//!
//! An event carries the words of the log line and a few fields that say where it was, by name: whatever is not in the list does not
//! leave this machine. Texts go through [`scrub`] first. Which request it was says its id, which the log has too.

use super::Boxed;
use super::scrub::scrub;
use sentry::protocol::{Event, Level};
use sentry::transports::ReqwestHttpTransportOptions;
use sentry::{Client, ClientOptions, Transport, TransportFactory, TransportOptions};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Metadata, Subscriber};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

/// Fields that name a thing of ours or a way that something went, and nobody.
const TAGS: &[&str] = &[
    "request_id",
    "method",
    "status",
    "code",
    "job",
    "kind",
    "desktop",
    "attempt",
    "worker",
    "node",
    "call",
    "outcome",
];
/// Fields that explain, in words.
const WORDS: &[&str] = &["error", "reason", "trouble", "stack", "page"];
/// What pages tell of is logged under this target, as warnings: they are not errors of this process.
const PAGES: &str = "page";
const LONGEST: usize = 4_000;
/// Of one sending.
const PATIENCE: Duration = Duration::from_secs(5);
const AT_THE_END: Duration = Duration::from_secs(1);

pub(crate) struct Errors {
    client: Arc<Client>,
    part: Arc<str>,
}

impl Errors {
    pub(super) fn new(dsn: &str, part: &str) -> anyhow::Result<Self> {
        // The error would say the DSN, which is a secret.
        let dsn = dsn.parse().map_err(|_| anyhow::anyhow!("it is no DSN: https://KEY@HOST/PROJECT"))?;
        let mut options = ClientOptions::default();
        options.dsn = Some(dsn);
        options.release = Some(format!("berth@{}", berth_shared::VERSION).into());
        options.send_default_pii = false;
        options.default_integrations = false;
        options.max_breadcrumbs = 0;
        let http = reqwest::Client::builder().timeout(PATIENCE).build()?;
        options.transport = Some(Arc::new(Patient(http)));
        Ok(Self { client: Arc::new(Client::with_options(sentry::apply_defaults(options))), part: part.into() })
    }

    pub(super) fn layer<S>(&self) -> Boxed<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
    {
        Sender { client: Arc::clone(&self.client), part: Arc::clone(&self.part) }.with_filter(LevelFilter::INFO).boxed()
    }

    pub(super) fn end(self) {
        // A thread that nobody waits for: closing may itself wait for a receiver that hangs.
        let (done, told) = std::sync::mpsc::channel();
        std::thread::spawn(move || done.send(self.client.close(Some(AT_THE_END))));
        _ = told.recv_timeout(AT_THE_END);
    }
}

/// Sends with a client that gives up: one call that hung would hold all later ones up.
struct Patient(reqwest::Client);

impl TransportFactory for Patient {
    fn create_transport_with_options(&self, options: TransportOptions) -> Arc<dyn Transport> {
        Arc::new(ReqwestHttpTransportOptions::from(options).with_client(self.0.clone()).build())
    }
}

struct Sender {
    client: Arc<Client>,
    part: Arc<str>,
}

/// The fields of a span or of a log line that may leave.
#[derive(Default, Clone)]
struct Fields {
    message: String,
    tags: BTreeMap<&'static str, String>,
    words: BTreeMap<&'static str, String>,
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let name = field.name();
        if name == "message" {
            self.message = format!("{value:?}");
        } else if TAGS.contains(&name) {
            self.tags.insert(name, format!("{value:?}").trim_matches('"').to_owned());
        } else if WORDS.contains(&name) {
            self.words.insert(name, format!("{value:?}").trim_matches('"').to_owned());
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }
}

impl<S> Layer<S> for Sender
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if !is_ours(attributes.metadata()) {
            return;
        }
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_event(&self, event: &tracing::Event<'_>, context: Context<'_, S>) {
        let of_page = event.metadata().target() == PAGES;
        if *event.metadata().level() != tracing::Level::ERROR && !of_page {
            return;
        }
        let mut fields = Fields::default();
        for span in context.event_scope(event).into_iter().flat_map(|scope| scope.from_root()) {
            if let Some(of_span) = span.extensions().get::<Fields>() {
                fields.tags.extend(of_span.tags.clone());
            }
        }
        event.record(&mut fields);
        let mut tags: BTreeMap<String, String> =
            fields.tags.into_iter().map(|(name, value)| (name.to_owned(), short(&scrub(&value), 200))).collect();
        tags.insert("part".to_owned(), if of_page { "page".to_owned() } else { self.part.to_string() });
        let extra =
            fields.words.into_iter().map(|(name, value)| (name.to_owned(), short(&scrub(&value), LONGEST).into()));
        self.client.capture_event(
            Event {
                message: Some(short(&scrub(&fields.message), LONGEST)),
                level: Level::Error,
                logger: Some(event.metadata().target().to_owned()),
                release: Some(format!("berth@{}", berth_shared::VERSION).into()),
                tags,
                extra: extra.collect(),
                ..Event::default()
            },
            None,
        );
    }
}

fn is_ours(metadata: &Metadata<'_>) -> bool {
    metadata.target().starts_with("berth")
}

fn short(text: &str, longest: usize) -> String {
    text.chars().take(longest).collect()
}
