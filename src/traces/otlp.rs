//! OpenTelemetry traces (feature `telemetry-otlp`): each request's span, with those of the store and the
//! provider within, sent by OTLP over HTTP. The standard `OTEL_*` variables say where to and how many.
//!
//! W3C Trace Context comes in from trusted proxies and goes out to the provider. Not here: what is a span;
//! the server says that where it happens.

use std::{collections::HashMap, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::Response,
};
use axum_hardening::{client, log::FurtherLayer};
use ipnet::IpNet;
use opentelemetry::{
    Context, context::FutureExt as _, propagation::TextMapPropagator as _, trace::TracerProvider as _,
};
use opentelemetry_otlp::{ExporterBuildError, SpanExporter};
use opentelemetry_sdk::{
    Resource,
    propagation::TraceContextPropagator,
    trace::{SdkTracerProvider, Tracer},
};
use tracing::Subscriber;
use tracing_opentelemetry::{OpenTelemetryLayer, OpenTelemetrySpanExt as _};
use tracing_subscriber::{Layer as _, registry::LookupSpan};

/// With one of these set, traces are sent; otherwise nothing leaves the process.
const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];

/// The headers of W3C Trace Context.
const HEADERS: [&str; 2] = ["traceparent", "tracestate"];

/// How long the process waits at its end for the last spans to be taken.
const LAST_SPANS: Duration = Duration::from_secs(2);

/// What sends spans, if there is somewhere to send them.
pub struct Traces(Option<SdkTracerProvider>);

impl Traces {
    /// Begins to send, and adds the layer that collects spans.
    ///
    /// # Errors
    /// [`ExporterBuildError`] if an `OTEL_*` variable can't be used.
    pub fn start(mut layers: Vec<FurtherLayer>) -> Result<(Self, Vec<FurtherLayer>), ExporterBuildError> {
        if ENDPOINTS.iter().all(|name| std::env::var_os(name).is_none_or(|value| value.is_empty())) {
            return Ok((Self(None), layers));
        }
        let exporter = SpanExporter::builder().with_http().build()?;
        let resource = Resource::builder();
        let resource = match std::env::var_os("OTEL_SERVICE_NAME") {
            Some(_) => resource,
            None => resource.with_service_name(env!("CARGO_PKG_NAME")),
        };
        let provider =
            SdkTracerProvider::builder().with_resource(resource.build()).with_batch_exporter(exporter).build();
        layers.push(layer(&provider).boxed());
        Ok((Self(Some(provider)), layers))
    }

    /// Lets calls of the provider name the span that they belong to.
    pub fn of_calls(&self, config: scalekit::Config) -> scalekit::Config {
        config.with_trace_context(outgoing_headers)
    }

    /// Lets requests go on with the trace that one of our proxies names.
    pub fn of_requests(&self, router: Router, trusted: &[IpNet]) -> Router {
        router.layer(from_fn_with_state(Arc::from(trusted), continue_trace))
    }

    /// Sends what has been collected, for as long as that may take at the end.
    pub async fn finish(self) {
        let Some(provider) = self.0 else { return };
        // A collector that is not there must not make the process's end a failure.
        let _ = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(LAST_SPANS)).await;
    }
}

fn layer<S>(provider: &SdkTracerProvider) -> OpenTelemetryLayer<S, Tracer>
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
{
    tracing_opentelemetry::layer()
        .with_tracer(provider.tracer(env!("CARGO_PKG_NAME")))
        .with_location(false)
        .with_threads(false)
}

/// Makes the request's span a part of the trace that the request names, if one of our proxies names one:
/// anybody else could hide requests from traces, or have all of theirs recorded.
async fn continue_trace(State(trusted): State<Arc<[IpNet]>>, request: Request, next: Next) -> Response {
    if !client::is_connected_by(&request, &trusted) {
        return next.run(request).await;
    }
    let headers = HEADERS.iter().filter_map(|name| {
        let value = request.headers().get(*name)?.to_str().ok()?;
        Some(((*name).to_owned(), value.to_owned()))
    });
    let context = context_of(&headers.collect());
    next.run(request).with_context(context).await
}

fn context_of(headers: &HashMap<String, String>) -> Context {
    TraceContextPropagator::new().extract_with_context(&Context::new(), headers)
}

/// The headers that name the current span as the parent of what a call leads to.
fn outgoing_headers() -> HashMap<String, String> {
    let mut headers = HashMap::new();
    TraceContextPropagator::new().inject_context(&tracing::Span::current().context(), &mut headers);
    headers
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use axum::{body::Body, routing::get};
    use axum_hardening::{
        client::PeerAddress,
        log::{RequestLog, log_requests},
    };
    use opentelemetry::trace::TraceId;
    use opentelemetry_sdk::{
        error::OTelSdkResult,
        trace::{SpanData, SpanExporter},
    };
    use tower::ServiceExt as _;
    use tracing::instrument::WithSubscriber as _;
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;
    use crate::server::ops::metrics;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const CALLER: &str = "00f067aa0ba902b7";

    /// Keeps spans instead of sending them.
    #[derive(Debug, Clone, Default)]
    struct CollectedSpans(Arc<Mutex<Vec<SpanData>>>);

    impl SpanExporter for CollectedSpans {
        async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
            self.0.lock().unwrap().extend(batch);
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_trace_comes_in_with_the_request_and_goes_out_to_the_provider() {
        let kept = CollectedSpans::default();
        let provider = SdkTracerProvider::builder().with_simple_exporter(kept.clone()).build();
        let subscriber = tracing_subscriber::registry().with(layer(&provider));
        let call = || async {
            let call = async { Ok(outgoing_headers()) };
            metrics::token_call("refresh_token", call).await.unwrap()["traceparent"].clone()
        };
        let trusted: Arc<[IpNet]> = Arc::new(["127.0.0.1/32".parse().unwrap()]);
        let router = Router::new()
            .route("/page", get(call))
            .layer(from_fn_with_state(RequestLog::default(), log_requests))
            .layer(from_fn_with_state(trusted, continue_trace));
        let request = Request::get("/page?code=secret")
            .extension(PeerAddress("127.0.0.1".parse().unwrap()))
            .header("traceparent", format!("00-{TRACE}-{CALLER}-01"))
            .body(Body::empty())
            .unwrap();
        let response = router.oneshot(request).with_subscriber(subscriber).await.unwrap();
        let outgoing = axum::body::to_bytes(response.into_body(), 1000).await.unwrap();

        let spans = kept.0.lock().unwrap();
        let span = |name| spans.iter().find(|span| span.name == name).unwrap();
        let (request, call) = (span("request"), span("token call"));
        let trace = TraceId::from_hex(TRACE).unwrap();
        assert!(spans.iter().all(|span| span.span_context.trace_id() == trace));
        assert_eq!(request.parent_span_id.to_string(), CALLER);
        assert_eq!(call.parent_span_id, request.span_context.span_id());
        assert_eq!(outgoing, format!("00-{TRACE}-{}-01", call.span_context.span_id()));
        assert!(!format!("{spans:?}").contains("secret"), "no query is in a span");
    }
}
