//! Spans, sent by OTLP over HTTP with the HTTP client that we have. Only our own spans: what libraries do is not shown.

use super::Boxed;
use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, SdkTracerProvider};
use std::time::Duration;
use tokio::runtime::Handle;
use tracing::Subscriber;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::Layer as _;
use tracing_subscriber::registry::LookupSpan;

/// Spans that wait to be sent; one more is thrown away.
const QUEUE: usize = 2_048;
const EVERY: Duration = Duration::from_secs(1);
/// Of one sending.
const PATIENCE: Duration = Duration::from_secs(5);
const AT_THE_END: Duration = Duration::from_secs(1);

pub(crate) struct Traces(SdkTracerProvider);

impl Traces {
    pub(super) fn new(url: &str, part: &str, node: &str, on: &Handle) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().timeout(PATIENCE).build()?;
        let url = if url.ends_with("/v1/traces") { url.to_owned() } else { format!("{url}/v1/traces") };
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Client { http, on: on.clone() })
            .with_endpoint(url)
            .with_timeout(PATIENCE)
            .build()?;
        let bounds = BatchConfigBuilder::default().with_max_queue_size(QUEUE).with_scheduled_delay(EVERY).build();
        let resource = Resource::builder_empty().with_service_name(format!("berth-{part}")).with_attributes([
            KeyValue::new("service.version", berth_shared::VERSION),
            KeyValue::new("host.name", node.to_owned()),
        ]);
        let provider = SdkTracerProvider::builder()
            .with_span_processor(BatchSpanProcessor::builder(exporter).with_batch_config(bounds).build())
            .with_resource(resource.build())
            .build();
        berth_shared::trace::begin();
        Ok(Self(provider))
    }

    pub(super) fn layer<S>(&self) -> Boxed<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
    {
        let ours = Targets::new()
            .with_target("berth_api", LevelFilter::INFO)
            .with_target("berth_worker", LevelFilter::INFO)
            .with_target("berth_shared", LevelFilter::INFO);
        let layer = tracing_opentelemetry::layer().with_tracer(self.0.tracer("berth"));
        layer.with_location(false).with_threads(false).with_tracked_inactivity(false).with_filter(ours).boxed()
    }

    pub(super) fn end(self) {
        if let Err(error) = self.0.shutdown_with_timeout(AT_THE_END) {
            tracing::debug!(%error, "the last spans were not sent");
        }
    }
}

/// The exporter has a thread of its own that knows no runtime: the call is made on ours.
#[derive(Debug)]
struct Client {
    http: reqwest::Client,
    on: Handle,
}

#[async_trait::async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let request = reqwest::Request::try_from(request)?;
        let http = self.http.clone();
        let sent = self.on.spawn(async move {
            let mut answer = http.execute(request).await?;
            let (status, headers) = (answer.status(), std::mem::take(answer.headers_mut()));
            Ok::<_, reqwest::Error>((status, headers, answer.bytes().await?))
        });
        let (status, headers, body) = sent.await??;
        let mut response = Response::new(body);
        (*response.status_mut(), *response.headers_mut()) = (status, headers);
        Ok(response)
    }
}
