//! Traces to an OpenTelemetry collector: OTLP over HTTP, configured by the standard variables
//! (`OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_TRACES_SAMPLER`, `OTEL_RESOURCE_ATTRIBUTES`, ...) alone.
//!
//! Spans hold what log lines hold: method, route, status, request id; no query and no header.

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracerProvider, Tracer};
use tracing::Subscriber;
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::registry::LookupSpan;

use crate::failure::Failure;

/// What spans say they come from, unless `OTEL_SERVICE_NAME` says otherwise.
const SERVICE: &str = "keywright";

/// Sends spans, and what is left of them when it is dropped.
pub(super) struct Exporter(SdkTracerProvider);

impl Exporter {
    /// None unless a variable names a collector.
    ///
    /// # Errors
    /// When a variable has no meaning.
    pub(super) fn start() -> Result<Option<Self>, Failure> {
        let given = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let endpoints = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];
        let disabled = std::env::var("OTEL_SDK_DISABLED").is_ok_and(|value| value == "true");
        if disabled || !endpoints.into_iter().any(given) {
            return Ok(None);
        }
        let exporter = SpanExporter::builder().with_http().build().map_err(|error| {
            Failure::new(format!("cannot export traces: {error}"))
                .hint("check the OTEL_EXPORTER_OTLP_* variables")
        })?;
        let mut resource = Resource::builder();
        if !given("OTEL_SERVICE_NAME") {
            resource = resource.with_service_name(SERVICE);
        }
        let provider = SdkTracerProvider::builder()
            .with_resource(resource.build())
            .with_batch_exporter(exporter)
            .build();
        Ok(Some(Self(provider)))
    }

    /// Makes spans out of what is traced.
    pub(super) fn layer<S>(&self) -> OpenTelemetryLayer<S, Tracer>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        tracing_opentelemetry::layer().with_tracer(self.0.tracer(SERVICE))
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        if let Err(error) = self.0.shutdown() {
            tracing::warn!("the last traces were not sent: {error}");
        }
    }
}
