//! The management API, `/api/v1`: sessions of users (REST reference, "Sessions").
//!
//! Not here: **whether the caller may**. The API has no notion of the calling user: whoever holds the
//! application's credentials sees and ends every session of the environment. Before anything is shown or
//! revoked on behalf of a user, compare [`ProviderSession::user_id`] with the `sub` of that user's own
//! session.
//!
//! Each call sends one request, or one for each page, and a token request when there is no token at hand.
//! Users and organizations, when they are needed, are further files beside `sessions.rs` that use `url` and
//! `send` as it does.

mod error;
mod sessions;

use std::fmt::Write as _;

use reqwest::Method;
use serde_json::Value;
use url::Url;

pub use error::ManagementError;
pub use sessions::{ProviderDevice, ProviderSession, ProviderSessionStatus};

use crate::application_token::ApplicationToken;
use crate::client::Client;
use crate::error::Error;

/// The management API of one environment; see [`Client::management`].
#[derive(Clone, Copy, Debug)]
pub struct Management<'a> {
    client: &'a Client,
}

/// In bytes. A page of 100 sessions has about a tenth.
const MAX_BODY: usize = 1024 * 1024;

impl Client {
    /// The management API. Needs "Allow Scalekit Management API Access" for this application, in the
    /// dashboard.
    ///
    /// It acts for the application and not for any user: see the warning in [`crate::management`].
    #[must_use]
    pub fn management(&self) -> Management<'_> {
        Management { client: self }
    }

    /// A token for the management API: the one at hand, or a new one.
    async fn management_token(&self, now: i64) -> Result<ApplicationToken, Error> {
        self.token_cache().token(now, self.client_credentials(None)).await
    }

    fn forget_management_token(&self, refused: &ApplicationToken) {
        self.token_cache().forget(refused);
    }
}

impl Management<'_> {
    /// Sends one request and reads the answer; `None` if there is no such thing (404).
    ///
    /// A token that is refused is replaced once: it may have been revoked, or its lifetime announced wrongly.
    async fn send(self, method: Method, url: Url, now: i64) -> Result<Option<Value>, ManagementError> {
        let token = self.client.management_token(now).await?;
        let mut answer = self.client.http().call(method.clone(), url.clone(), &token.text, MAX_BODY).await?;
        if answer.status == 401 {
            self.client.forget_management_token(&token);
            let token = self.client.management_token(now).await?;
            answer = self.client.http().call(method, url, &token.text, MAX_BODY).await?;
        }
        match answer.status {
            // The cause is dropped on purpose: serde's messages quote the input.
            200 => serde_json::from_slice(&answer.body)
                .map(Some)
                .map_err(|_| ManagementError::Unreadable("the answer is not JSON")),
            404 => Ok(None),
            status => Err(error::read(status, answer.retry_after.as_deref(), &answer.body, now)),
        }
    }

    /// The URL of `/api/v1` and `segments`, each of which is one path segment whatever it holds.
    fn url(self, segments: &[&str]) -> Result<Url, ManagementError> {
        let mut path = "/api/v1".to_owned();
        for segment in segments {
            // A dot segment means another path even when it is percent-encoded (URL Standard, "path state").
            if segment.is_empty() || segment.len() > MAX_ID || matches!(*segment, "." | "..") {
                return Err(ManagementError::InvalidId);
            }
            path.push('/');
            for byte in segment.bytes() {
                if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                    path.push(char::from(byte));
                } else {
                    // Writing to a string can't fail.
                    let _ = write!(path, "%{byte:02X}");
                }
            }
        }
        Ok(self.client.config().endpoint(&path))
    }
}

/// In bytes. Identifiers have at most 32.
const MAX_ID: usize = 255;

#[cfg(test)]
mod tests;
