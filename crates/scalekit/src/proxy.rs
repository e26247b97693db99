//! The proxy that calls to Scalekit go through, checked.
//!
//! Not here: whether one is needed, which the caller knows. Used through [`crate::Config::with_proxy`].

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

/// An HTTP proxy that tunnels (RFC 9110, section 9.3.6): it sees where a call goes, and nothing else.
#[derive(Clone)]
pub struct Proxy {
    /// May hold a user and a password.
    url: SecretString,
    /// Without them.
    shown: String,
}

/// Why a text names no proxy; continues a sentence that begins with the setting's name. Never repeats the
/// value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProxyError {
    /// Not a URL, or without a host.
    #[error("is not the address of a proxy")]
    NotAUrl,
    /// Another kind of proxy.
    #[error("must start with http:// or https://; other proxies, such as SOCKS, are not supported")]
    Scheme,
    /// More than an address.
    #[error("must not have a path, query or fragment")]
    TooMuch,
}

impl Proxy {
    /// Reads `http://proxy.example.com:3128`, with `user:password@` if the proxy asks for it; `http://` may
    /// be left out, as everywhere.
    ///
    /// # Errors
    /// [`ProxyError`] says what is wrong.
    pub fn parse(text: &str) -> Result<Self, ProxyError> {
        let text = text.trim();
        let text = if text.contains("://") { text.to_owned() } else { ["http://", text].concat() };
        let url = Url::parse(&text).map_err(|_| ProxyError::NotAUrl)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(ProxyError::Scheme);
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(ProxyError::TooMuch);
        }
        let shown =
            url[..url::Position::BeforeUsername].to_owned() + &url[url::Position::BeforeHost..url::Position::AfterPort];
        Ok(Self { url: String::from(url).into(), shown })
    }

    pub(crate) fn for_client(&self) -> Result<reqwest::Proxy, reqwest::Error> {
        reqwest::Proxy::all(self.url.expose_secret())
    }
}

/// Without user and password.
impl fmt::Display for Proxy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.shown)
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Proxy").field(&self.shown).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_shown_without_its_password_and_anything_else_is_refused() {
        for (text, shown) in [
            ("http://proxy.example.com:3128", "http://proxy.example.com:3128"),
            ("proxy.example.com:3128", "http://proxy.example.com:3128"),
            ("https://user:hunter2@proxy.example.com/", "https://proxy.example.com"),
        ] {
            let proxy = Proxy::parse(text).unwrap();
            assert_eq!(proxy.to_string(), shown);
            assert!(!format!("{proxy:?}").contains("hunter2"));
            assert!(proxy.for_client().is_ok());
        }
        for (text, error) in [
            ("", ProxyError::NotAUrl),
            ("http://", ProxyError::NotAUrl),
            ("socks5://proxy:1080", ProxyError::Scheme),
            ("http://proxy/path", ProxyError::TooMuch),
        ] {
            assert_eq!(Proxy::parse(text).err(), Some(error), "{text}");
        }
    }
}
