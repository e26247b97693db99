//! What is written down about each request: method, matched route, status and time. Never a query, a cookie or a
//! claim: a callback's query holds a code. How it is written is in `lines.rs`.

mod lines;

use std::{io::IsTerminal as _, time::Instant};

use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderName, HeaderValue, Method},
    middleware::Next,
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use tracing::{Instrument as _, Subscriber};
use tracing_subscriber::{
    EnvFilter, Layer, Registry,
    fmt::{self, MakeWriter, format::JsonFields},
    layer::{Layered, SubscriberExt as _},
    registry::LookupSpan,
    util::SubscriberInitExt as _,
};

use super::{metrics, settings::Environment};

/// Names a request in logs, in its response and on error pages.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A layer beside the log.
pub type FurtherLayer = Box<dyn Layer<Layered<EnvFilter, Registry>> + Send + Sync>;

/// Starts logging: readable lines in development, JSON in production. `RUST_LOG` filters.
/// `further` layers see the same events and spans.
pub fn start_logging(environment: Environment, further: Vec<FurtherLayer>) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let colours = std::io::stdout().is_terminal();
    // An empty list of layers would say that nobody wants any event.
    let further = (!further.is_empty()).then_some(further);
    tracing_subscriber::registry().with(filter).with(further).with(layer(environment, colours, std::io::stdout)).init();
}

/// Writes events to `writer`. Colours are for terminals and development only.
fn layer<S, W>(environment: Environment, colours: bool, writer: W) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let layer = fmt::layer().with_writer(writer);
    match environment {
        Environment::Development => {
            layer.compact().with_target(false).with_ansi(colours).fmt_fields(lines::ReadableFields).boxed()
        }
        Environment::Production => {
            layer.with_ansi(false).fmt_fields(JsonFields::new()).event_format(lines::JsonLines).boxed()
        }
    }
}

/// What is noted as the status of a request whose client did not wait: nginx's number for it.
const CLIENT_GONE: u16 = 499;

/// Gives the request an identifier of ours, whatever it brought, and logs how it was answered.
pub async fn log_requests(mut request: Request, next: Next) -> Response {
    let id = new_request_id();
    request.headers_mut().insert(REQUEST_ID, id.clone());
    let route = request.extensions().get::<MatchedPath>().map_or("(none)", MatchedPath::as_str).to_owned();
    let method = known_method(request.method());
    let span = tracing::info_span!("request", id = id.to_str().unwrap_or_default(), method, route);
    async move {
        let mut note = Note { route: &route, started: Instant::now(), status: CLIENT_GONE };
        let mut response = next.run(request).await;
        note.status = response.status().as_u16();
        drop(note);
        response.headers_mut().insert(REQUEST_ID, id);
        response
    }
    .instrument(span)
    .await
}

/// What is written of a method: its name, unless a client made it up.
fn known_method(method: &Method) -> &'static str {
    let known = [Method::GET, Method::POST, Method::HEAD, Method::OPTIONS, Method::PUT, Method::DELETE, Method::PATCH];
    let names = ["GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"];
    known.iter().position(|known| known == method).map_or("other", |index| names[index])
}

/// What is written down of a request when it is over, whether it was answered or its client went away before.
struct Note<'a> {
    route: &'a str,
    started: Instant,
    status: u16,
}

impl Drop for Note<'_> {
    fn drop(&mut self) {
        let time = self.started.elapsed();
        let what = if self.status == CLIENT_GONE { "the client went away" } else { "answered" };
        tracing::info!(status = self.status, milliseconds = time.as_millis(), "{what}");
        metrics::request(self.route, self.status, time);
    }
}

fn new_request_id() -> HeaderValue {
    let mut bytes = [0; 9];
    // An identifier without randomness would still be a valid one; nothing secret rests on it.
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    HeaderValue::from_str(&URL_SAFE_NO_PAD.encode(bytes)).unwrap_or(HeaderValue::from_static("unknown"))
}
