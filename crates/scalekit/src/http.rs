//! The one sender: a form post, a get, a call of the management API, with every limit set.
//!
//! Not here: what an answer means. What protects the client secret and the bearer token in here: redirects
//! are not followed, only the configured proxy is used, whatever the environment's variables say, an `https`
//! environment is never spoken to in the clear, and nothing is sent twice. Used by [`crate::client`],
//! [`crate::discovery`], [`crate::keys`] and [`crate::management`].

use std::error::Error as _;
use std::fmt::Write as _;
use std::time::Duration;

use reqwest::header::{ACCEPT, DATE, HeaderName, RETRY_AFTER};
use reqwest::{Method, RequestBuilder, redirect, retry};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::config::{Config, TraceContext};
use crate::error::{Error, UnavailableReason};
use crate::provider_text::ProviderText;

#[derive(Clone, Debug)]
pub(crate) struct Http {
    client: reqwest::Client,
    trace_context: Option<TraceContext>,
}

/// The headers of W3C Trace Context.
const TRACE_HEADERS: [&str; 2] = ["traceparent", "tracestate"];

/// An answer within its size limit.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<String>,
    pub(crate) date: Option<String>,
    /// Empty for redirects, 429 and 5xx: their bodies mean nothing to us and are not read.
    pub(crate) body: Vec<u8>,
}

impl Http {
    pub(crate) fn new(config: &Config) -> Result<Self, Error> {
        let no_client = |error: reqwest::Error| Error::Misconfigured {
            code: "http_client".to_owned(),
            description: ProviderText::clean(&with_causes(&error)),
        };
        let client = reqwest::Client::builder()
            .user_agent(concat!("scalekit-rust/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(config.connect_timeout())
            .timeout(config.total_timeout())
            .redirect(redirect::Policy::none())
            .referer(false)
            .retry(retry::never())
            .no_proxy()
            .https_only(config.is_https());
        let client = match config.proxy() {
            Some(proxy) => client.proxy(proxy.for_client().map_err(no_client)?),
            None => client,
        };
        Ok(Self { client: client.build().map_err(no_client)?, trace_context: config.trace_context() })
    }

    /// `time`: in total, instead of the limit that other calls have.
    pub(crate) async fn post_form(
        &self,
        url: Url,
        fields: &[(&str, &str)],
        limit: usize,
        time: Duration,
    ) -> Result<Answer, Error> {
        self.send(self.client.post(url).timeout(time).form(fields), limit).await
    }

    /// The future borrows nothing, so that it can run in a task of its own; the trace it belongs to is the
    /// caller's.
    pub(crate) fn get(
        &self,
        url: Url,
        limit: usize,
    ) -> impl Future<Output = Result<Answer, Error>> + Send + 'static + use<> {
        self.send(self.client.get(url), limit)
    }

    /// Without a body.
    pub(crate) async fn call(
        &self,
        method: Method,
        url: Url,
        bearer: &SecretString,
        limit: usize,
    ) -> Result<Answer, Error> {
        self.send(self.client.request(method, url).bearer_auth(bearer.expose_secret()), limit).await
    }

    fn send(
        &self,
        request: RequestBuilder,
        limit: usize,
    ) -> impl Future<Output = Result<Answer, Error>> + Send + 'static + use<> {
        let headers = self.trace_context.map(|trace_context| trace_context()).unwrap_or_default();
        let known = TRACE_HEADERS.iter().filter_map(|name| Some((*name, headers.get(*name)?)));
        let request = known.fold(request, |request, (name, value)| request.header(name, value));
        receive(request, limit)
    }
}

async fn receive(request: RequestBuilder, limit: usize) -> Result<Answer, Error> {
    let mut response = request.header(ACCEPT, "application/json").send().await.map_err(transport_error)?;
    let status = response.status().as_u16();
    let text = |name: HeaderName| response.headers().get(name)?.to_str().ok().map(str::to_owned);
    let (retry_after, date) = (text(RETRY_AFTER), text(DATE));

    let mut body = Vec::new();
    if !matches!(status, 300..=399 | 429 | 500..) {
        // Counted while it arrives: a Content-Length can be absent or wrong.
        while let Some(chunk) = response.chunk().await.map_err(transport_error)? {
            if body.len() + chunk.len() > limit {
                return Err(Error::unavailable(UnavailableReason::TooLarge));
            }
            body.extend_from_slice(&chunk);
        }
    }
    Ok(Answer { status, retry_after, date, body })
}

fn transport_error(error: reqwest::Error) -> Error {
    let error = error.without_url();
    Error::unavailable(if error.is_timeout() {
        UnavailableReason::Timeout
    } else {
        UnavailableReason::Network(with_causes(&error))
    })
}

/// The useful part ("connection refused", "certificate expired") is at the end of the chain of causes.
fn with_causes(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Writing to a string can't fail.
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}
