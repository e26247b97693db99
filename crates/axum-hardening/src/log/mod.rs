//! What is written down about each request: its id, where it comes from, method, matched route, status and
//! time. Never a query, a cookie or a body: a query may hold a code. How it is written is in `lines.rs`,
//! which lines are in `filter.rs`.

mod filter;
mod lines;

use std::{io::IsTerminal as _, net::IpAddr, sync::Arc, time::Instant};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, Method},
    middleware::Next,
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ipnet::IpNet;
use metrics::{counter, histogram};
use tracing::{Instrument as _, Subscriber};
use tracing_subscriber::{
    EnvFilter, Layer, Registry,
    fmt::{self, MakeWriter, format::JsonFields},
    layer::{Layered, SubscriberExt as _},
    registry::LookupSpan,
    util::SubscriberInitExt as _,
};

use crate::{client, series};

pub use lines::with_causes;

/// Names a request in logs, in its response and on error pages.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A layer beside the log.
pub type FurtherLayer = Box<dyn Layer<Layered<EnvFilter, Registry>> + Send + Sync>;

/// How lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people, with colours on a terminal.
    Readable,
    /// For programs: one JSON object a line.
    Json,
}

/// Starts logging to the standard output. `RUST_LOG` filters. `further` layers see the same events and spans.
///
/// # Panics
/// If something else has started logging in this process.
pub fn start_logging(format: Format, further: Vec<FurtherLayer>) {
    let (filter, remark) = filter::of(std::env::var_os("RUST_LOG"));
    let colours = std::io::stdout().is_terminal();
    // An empty list of layers would say that nobody wants any event.
    let further = (!further.is_empty()).then_some(further);
    tracing_subscriber::registry().with(filter).with(further).with(layer(format, colours, std::io::stdout)).init();
    if let Some(remark) = remark {
        tracing::warn!("{remark}");
    }
}

/// Writes events to `writer`. Colours are for terminals.
fn layer<S, W>(format: Format, colours: bool, writer: W) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let layer = fmt::layer().with_writer(writer);
    match format {
        Format::Readable => {
            layer.compact().with_target(false).with_ansi(colours).fmt_fields(lines::ReadableFields).boxed()
        }
        Format::Json => layer.with_ansi(false).fmt_fields(JsonFields::new()).event_format(lines::JsonLines).boxed(),
    }
}

/// What is noted as the status of a request whose client did not wait: nginx's number for it.
const CLIENT_GONE: u16 = 499;

/// How much of the address that a request comes from is written down.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LoggedClient {
    /// Nothing.
    Off,
    /// The network: enough to see that refusals come from one place, too little to name a person.
    #[default]
    Network,
    /// All of it.
    Full,
}

impl LoggedClient {
    fn shown(self, address: IpAddr) -> Option<String> {
        match self {
            Self::Off => None,
            Self::Network => Some(client::network(address, 24, 56).to_string()),
            Self::Full => Some(address.to_string()),
        }
    }
}

/// What [`log_requests`] needs to know.
#[derive(Debug, Clone, Default)]
pub struct RequestLog {
    /// How much of the client's address is written down.
    pub client: LoggedClient,
    /// Whose word on the client's address is believed.
    pub trusted_proxies: Arc<[IpNet]>,
}

/// Gives the request an identifier of ours, whatever it brought, and logs and counts how it was answered. The
/// outermost layer.
pub async fn log_requests(State(log): State<RequestLog>, mut request: Request, next: Next) -> Response {
    let id = new_request_id();
    request.headers_mut().insert(REQUEST_ID, id.clone());
    let route = request.extensions().get::<MatchedPath>().map_or("(none)", MatchedPath::as_str).to_owned();
    let method = known_method(request.method());
    // Of the highest level, so that a warning has its request's id however little is logged.
    let span = tracing::error_span!(
        "request",
        id = id.to_str().unwrap_or_default(),
        client = tracing::field::Empty,
        method,
        route
    );
    let client = client::address_of(request.extensions(), request.headers(), &log.trusted_proxies);
    let client = client.and_then(|address| log.client.shown(address));
    span.record("client", client);
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
        let (route, status) = (self.route.to_owned(), self.status.to_string());
        counter!(series::REQUESTS, "route" => route.clone(), "status" => status).increment(1);
        histogram!(series::REQUEST_DURATION, "route" => route).record(time);
    }
}

fn new_request_id() -> HeaderValue {
    let mut bytes = [0; 9];
    // An identifier without randomness would still be a valid one; nothing secret rests on it.
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    HeaderValue::from_str(&URL_SAFE_NO_PAD.encode(bytes)).unwrap_or(HeaderValue::from_static("unknown"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_client_no_more_is_shown_than_is_set() {
        let addresses: [IpAddr; 2] = ["203.0.113.77".parse().unwrap(), "2001:db8:1:2345::6".parse().unwrap()];
        let shown = |how: LoggedClient| addresses.map(|address| how.shown(address));
        assert_eq!(shown(LoggedClient::Off), [None, None]);
        assert_eq!(
            shown(LoggedClient::Network),
            ["203.0.113.0/24", "2001:db8:1:2300::/56"].map(|text| Some(text.to_owned()))
        );
        assert_eq!(shown(LoggedClient::Full), addresses.map(|address| Some(address.to_string())));
    }
}
