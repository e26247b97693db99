//! The URLs apps have registered.
//!
//! What for: where a browser may be sent; the lists for callback and post-logout are separate, and an entry
//! matches exactly or not at all (scalekit-api §1). And where apps want to be told what happened. Not here:
//! wildcards and templates, which a local app does not need; the telling (`notify`). Called by: `Options`,
//! `Control::register_app_url` (writing); authorize, logout and `notify` (reading).

use url::{Host, Url};

/// What apps have registered.
#[derive(Debug, Clone, Default)]
pub(crate) struct Registered {
    callbacks: Vec<String>,
    post_logout: Vec<String>,
    initiate_login: Vec<String>,
    webhooks: Vec<String>,
    backchannel_logout: Vec<String>,
}

impl Registered {
    /// Registers the URLs of an app that runs at this base URL.
    pub(crate) fn add_app(&mut self, app: &AppUrl) {
        for (list, path) in [
            (&mut self.callbacks, "/auth/callback"),
            (&mut self.post_logout, "/logged-out"),
            (&mut self.initiate_login, "/auth/login"),
            (&mut self.webhooks, "/webhooks/scalekit"),
            (&mut self.backchannel_logout, "/auth/backchannel-logout"),
        ] {
            let url = format!("{}{path}", app.0);
            if !list.contains(&url) {
                list.push(url);
            }
        }
    }

    /// Whether codes may be sent there.
    pub(crate) fn has_callback(&self, url: &str) -> bool {
        self.callbacks.iter().any(|registered| registered == url)
    }

    /// Whether a browser may be sent there after logout.
    pub(crate) fn has_post_logout(&self, url: &str) -> bool {
        self.post_logout.iter().any(|registered| registered == url)
    }

    /// Where a login that was lost can begin again (scalekit-api §11).
    pub(crate) fn initiate_login(&self) -> Option<&str> {
        self.initiate_login.first().map(String::as_str)
    }

    /// The callback URLs, for the page that explains a refusal.
    pub(crate) fn callbacks(&self) -> &[String] {
        &self.callbacks
    }

    /// The post-logout URLs, for the page that explains a refusal.
    pub(crate) fn post_logout(&self) -> &[String] {
        &self.post_logout
    }

    /// Where events are posted.
    pub(crate) fn webhooks(&self) -> &[String] {
        &self.webhooks
    }

    /// Where logout tokens are posted.
    pub(crate) fn backchannel_logout(&self) -> &[String] {
        &self.backchannel_logout
    }
}

/// The base URL of an app on this machine, without a trailing slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AppUrl(String);

impl AppUrl {
    /// Accepts http and https URLs whose host is a loopback address or a `localhost` name.
    pub(crate) fn parse(text: &str) -> Result<Self, BadAppUrl> {
        let refuse = |reason| BadAppUrl { url: text.to_owned(), reason };
        let url = Url::parse(text).map_err(|_| refuse("it is no absolute URL"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(refuse("it is neither http nor https"));
        }
        if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
            return Err(refuse("a base URL has no query, fragment or user name"));
        }
        let loopback = match url.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        if !loopback {
            return Err(refuse("the emulator signs in anybody as anybody, so it serves apps on this machine only"));
        }
        Ok(Self(text.trim_end_matches('/').to_owned()))
    }
}

/// Why an app's base URL was not registered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("app URL {url:?} is refused: {reason}")]
pub struct BadAppUrl {
    url: String,
    reason: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_app_urls_are_registered_without_a_trailing_slash() {
        let mut registered = Registered::default();
        registered.add_app(&AppUrl::parse("http://localhost:3000/").unwrap());
        assert!(registered.has_callback("http://localhost:3000/auth/callback"));
        assert!(registered.has_post_logout("http://localhost:3000/logged-out"));
        assert!(!registered.has_callback("http://localhost:3000/logged-out"));
        for url in ["http://127.0.0.1:1", "https://[::1]:8443", "http://app.localhost:3000"] {
            AppUrl::parse(url).unwrap();
        }
    }

    #[test]
    fn public_and_malformed_app_urls_are_refused() {
        for url in [
            "https://app.example.com",
            "http://192.168.1.4:3000",
            "http://0.0.0.0:3000",
            "http://localhost.evil.example",
            "localhost:3000",
            "/auth",
            "http://localhost:3000/?x",
            "ftp://localhost",
        ] {
            assert!(AppUrl::parse(url).is_err(), "{url}");
        }
    }
}
