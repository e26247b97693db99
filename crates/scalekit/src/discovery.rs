//! What an environment says about itself (OpenID Connect Discovery 1.0), and what its clock shows.
//!
//! For checks of a set-up. Not here: configuration by discovery; Scalekit's endpoints are known, and a client
//! that followed a document would send its secret wherever the document points.

use std::time::UNIX_EPOCH;

use serde::Deserialize;

use crate::client::Client;
use crate::error::{Error, UnavailableReason};
use crate::members;
use crate::provider_text::ProviderText;

/// What an environment says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Discovery {
    /// The issuer, exactly as sent. Foreign text: [`Discovery::issuer_text`] is fit for a log.
    pub issuer: String,
    /// What the environment's clock showed when it answered (RFC 9110, section 6.6.1): seconds since 1970,
    /// cut to the whole second.
    pub date: Option<i64>,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
}

/// In bytes. Real ones have about 3 KiB.
const MAX_BODY: usize = 64 * 1024;

impl Client {
    /// Fetches `/.well-known/openid-configuration`. Nothing of it is believed: compare it with
    /// [`Client::config`].
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`].
    pub async fn discover(&self) -> Result<Discovery, Error> {
        let url = self.config().endpoint("/.well-known/openid-configuration");
        let answer = self.http().get(url, MAX_BODY).await?;
        read_response(answer.status, answer.date.as_deref(), &answer.body)
    }
}

/// Reads the answer to a request for the document; `date` is the header of that name. Pure.
///
/// # Errors
///
/// [`Error::Unavailable`] for everything that is no document.
pub fn read_response(status: u16, date: Option<&str>, body: &[u8]) -> Result<Discovery, Error> {
    match status {
        200 => {}
        300..=399 => return Err(Error::unavailable(UnavailableReason::Redirect(status))),
        429 => return Err(Error::unavailable(UnavailableReason::RateLimited)),
        _ => return Err(Error::unavailable(UnavailableReason::Status(status))),
    }
    let document: Document = members::of_object(body)
        .map_err(|_| Error::unavailable(UnavailableReason::Garbage("not a discovery document")))?;
    Ok(Discovery { issuer: document.issuer, date: date.and_then(seconds) })
}

impl Discovery {
    /// Whether the client accepts tokens of this issuer.
    #[must_use]
    pub fn is_of(&self, client: &Client) -> bool {
        client.config().issuers().contains(&self.issuer)
    }

    /// The issuer, made fit for a log.
    #[must_use]
    pub fn issuer_text(&self) -> Option<ProviderText> {
        ProviderText::clean(&self.issuer)
    }
}

fn seconds(date: &str) -> Option<i64> {
    let since = httpdate::parse_http_date(date).ok()?.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_secs()).ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::testing::{Answer, Server, config_for};

    async fn discover(answer: Answer) -> (Result<Discovery, Error>, Server, Client) {
        // Only the answer that never comes is waited for to the end; the others may take their time on a busy
        // machine.
        let total = Duration::from_millis(if matches!(answer, Answer::Hang) { 300 } else { 10_000 });
        let server = Server::start([answer]).await;
        let config = config_for(&server.url).with_timeouts(Duration::from_secs(3), total);
        let client = Client::new(config).unwrap();
        (client.discover().await, server, client)
    }

    fn dated(headers: &'static str, issuer: &str) -> Answer {
        Answer::Full(200, headers, json!({ "issuer": issuer, "jwks_uri": 7 }).to_string().into_bytes())
    }

    #[tokio::test]
    async fn the_document_is_asked_for_and_read_with_the_date_of_the_answer() {
        let date = "date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
        let (found, server, client) = discover(dated(date, "https://acme.scalekit.dev")).await;
        let found = found.unwrap();
        assert_eq!(found, Discovery { issuer: "https://acme.scalekit.dev".to_owned(), date: Some(784_111_777) });
        assert!(!found.is_of(&client));
        assert!(server.requests()[0].starts_with("GET /.well-known/openid-configuration HTTP/1.1"));
        assert!(Discovery { issuer: server.url.clone(), date: None }.is_of(&client));
    }

    #[tokio::test]
    async fn an_answer_without_a_date_or_with_nonsense_has_none() {
        for headers in ["", "date: yesterday\r\n", "date: Sun, 06 Nov 1954 08:49:37 GMT\r\n"] {
            assert_eq!(discover(dated(headers, "x")).await.0.unwrap().date, None, "{headers}");
        }
    }

    #[tokio::test]
    async fn everything_but_a_document_is_unavailable() {
        for (answer, expected) in [
            (Answer::Full(302, "location: /elsewhere\r\n", Vec::new()), UnavailableReason::Redirect(302)),
            (Answer::json(404, &json!({})), UnavailableReason::Status(404)),
            (Answer::json(429, &json!({})), UnavailableReason::RateLimited),
            (Answer::json(503, &json!({})), UnavailableReason::Status(503)),
            (Answer::json(200, &json!({ "issuer": 7 })), UnavailableReason::Garbage("not a discovery document")),
            (Answer::json(200, &json!(["x"])), UnavailableReason::Garbage("not a discovery document")),
            (Answer::json(200, &"<html>"), UnavailableReason::Garbage("not a discovery document")),
            (Answer::Endless, UnavailableReason::TooLarge),
            (Answer::Hang, UnavailableReason::Timeout),
        ] {
            let Err(Error::Unavailable { reason, .. }) = discover(answer).await.0 else { panic!("{expected}") };
            assert_eq!(reason, expected);
        }
    }
}
