//! Where the Scalekit environment is and who we are there.
//!
//! Not here: reading environment variables or files; the caller does that and passes strings.
//! Called by the application's settings, once, at start-up.

use std::collections::HashMap;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

use crate::proxy::Proxy;

/// A checked connection to one Scalekit environment.
///
/// Cloning is cheap enough for start-up; [`crate::Client`] keeps one behind an `Arc`.
#[derive(Clone, Debug)]
pub struct Config {
    environment: Url,
    issuers: Vec<String>,
    client_id: String,
    client_secret: SecretString,
    audiences: Vec<String>,
    connect_timeout: Duration,
    total_timeout: Duration,
    token_timeout: Duration,
    clock_tolerance: Duration,
    trace_context: Option<TraceContext>,
    proxy: Option<Proxy>,
}

/// Gives the headers `traceparent` and `tracestate` of the call that is about to be made (W3C Trace Context),
/// by name.
pub type TraceContext = fn() -> HashMap<String, String>;

/// Why a setting can't be used. One variant per setting, so that the application can name its own variable.
///
/// The reasons never repeat the value: one of them is a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The environment URL, for example `https://acme.scalekit.dev`.
    #[error("the environment URL {0}")]
    EnvironmentUrl(&'static str),
    /// One of the issuers, for example `https://auth.acme.example`.
    #[error("the issuer {0}")]
    Issuer(&'static str),
    /// The client identifier, `skc_…`.
    #[error("the client ID {0}")]
    ClientId(&'static str),
    /// The client secret.
    #[error("the client secret {0}")]
    ClientSecret(&'static str),
}

impl Config {
    /// Checks the three settings every Scalekit client needs.
    ///
    /// The environment URL is also the token issuer (docs "Set up Scalekit"), unless [`Self::with_issuers`]
    /// says otherwise; a trailing slash is removed. `http` is accepted for loopback hosts only: `localhost`,
    /// `*.localhost` (RFC 6761, section 6.3), `127.0.0.0/8`, `[::1]`.
    ///
    /// # Errors
    ///
    /// All problems at once, at most one per setting.
    pub fn new(environment_url: &str, client_id: &str, client_secret: SecretString) -> Result<Self, Vec<ConfigError>> {
        let environment = parse_environment(environment_url).map_err(ConfigError::EnvironmentUrl);
        let client_id_problem = credential_problem(client_id).map(ConfigError::ClientId);
        let client_secret_problem = credential_problem(client_secret.expose_secret()).map(ConfigError::ClientSecret);

        match (environment, client_id_problem, client_secret_problem) {
            (Ok(environment), None, None) => Ok(Self {
                issuers: vec![without_slash(&environment).to_owned()],
                environment,
                client_id: client_id.to_owned(),
                client_secret,
                audiences: Vec::new(),
                connect_timeout: DEFAULT_CONNECT_TIMEOUT,
                total_timeout: DEFAULT_TOTAL_TIMEOUT,
                token_timeout: DEFAULT_TOKEN_TIMEOUT,
                clock_tolerance: DEFAULT_CLOCK_TOLERANCE,
                trace_context: None,
                proxy: None,
            }),
            (environment, id_problem, secret_problem) => {
                Err(environment.err().into_iter().chain(id_problem).chain(secret_problem).collect())
            }
        }
    }

    /// Limits for each request to Scalekit: to connect (default 3 s), and in total, the body included
    /// (default 8 s). The exchange of a code and a refresh have a total of their own, see
    /// [`with_token_timeout`](Self::with_token_timeout).
    #[must_use]
    pub fn with_timeouts(mut self, connect: Duration, total: Duration) -> Self {
        self.connect_timeout = connect;
        self.total_timeout = total;
        self
    }

    /// Limit for the exchange of a code and for a refresh, the body included (default 20 s). Both wait for
    /// the environment's interceptors, which take 10 s at most unless the dashboard says otherwise (up to 30
    /// s). A call that is given up may have spent the code or refresh token all the same.
    #[must_use]
    pub fn with_token_timeout(mut self, total: Duration) -> Self {
        self.token_timeout = total;
        self
    }

    /// How far Scalekit's clock and ours may differ when `exp`, `nbf` and `iat` are compared (default 30 s).
    #[must_use]
    pub fn with_clock_tolerance(mut self, tolerance: Duration) -> Self {
        self.clock_tolerance = tolerance;
        self
    }

    /// The issuers whose tokens are accepted: exactly these (default: the environment URL). Two during a move
    /// to a custom domain, so that nobody's session depends on the minute of it. All of them are the same
    /// environment: the keys are fetched, and all calls made, at the environment URL.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Issuer`] if one is no URL like the environment's, or if there is none.
    pub fn with_issuers(mut self, issuers: &[&str]) -> Result<Self, ConfigError> {
        let parsed = issuers.iter().map(|issuer| parse_environment(issuer).map(|url| without_slash(&url).to_owned()));
        self.issuers = parsed.collect::<Result<_, _>>().map_err(ConfigError::Issuer)?;
        if self.issuers.is_empty() { Err(ConfigError::Issuer("is empty")) } else { Ok(self) }
    }

    /// Audiences that access and logout tokens of this environment may carry in place of the client ID
    /// (default: none). Beside it they may carry any.
    ///
    /// Needed only if the dashboard is set to put the URL of an API into `aud`. Don't name the audience of
    /// somebody else's API: a token made for it would then be accepted here.
    #[must_use]
    pub fn with_audiences(mut self, audiences: Vec<String>) -> Self {
        self.audiences = audiences;
        self
    }

    /// Tells Scalekit which trace each call belongs to (default: nothing is told). Other headers than the two
    /// are ignored.
    #[must_use]
    pub fn with_trace_context(mut self, trace_context: TraceContext) -> Self {
        self.trace_context = Some(trace_context);
        self
    }

    /// Sends all calls through a proxy (default: none). An environment on this machine is never asked through
    /// one.
    #[must_use]
    pub fn with_proxy(mut self, proxy: Proxy) -> Self {
        self.proxy = Some(proxy).filter(|_| !is_loopback(&self.environment));
        self
    }

    /// The proxy that calls go through.
    #[must_use]
    pub fn proxy(&self) -> Option<&Proxy> {
        self.proxy.as_ref()
    }

    /// Where the environment is, without a trailing slash.
    #[must_use]
    pub fn environment_url(&self) -> &str {
        without_slash(&self.environment)
    }

    /// What `iss` has to be, exactly: one of these.
    #[must_use]
    pub fn issuers(&self) -> &[String] {
        &self.issuers
    }

    /// The client identifier, which is also the audience of our ID tokens.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// The limit for opening a connection.
    #[must_use]
    pub fn connect_timeout(&self) -> Duration {
        self.connect_timeout
    }

    /// The limit for the exchange of a code and for a refresh.
    #[must_use]
    pub fn token_timeout(&self) -> Duration {
        self.token_timeout
    }

    /// The limit for one whole request of another kind, the body included.
    #[must_use]
    pub fn total_timeout(&self) -> Duration {
        self.total_timeout
    }

    /// How far the two clocks may differ.
    #[must_use]
    pub fn clock_tolerance(&self) -> Duration {
        self.clock_tolerance
    }

    /// Audiences accepted in access and logout tokens in place of the client ID.
    #[must_use]
    pub fn audiences(&self) -> &[String] {
        &self.audiences
    }

    pub(crate) fn trace_context(&self) -> Option<TraceContext> {
        self.trace_context
    }

    pub(crate) fn client_secret(&self) -> &SecretString {
        &self.client_secret
    }

    pub(crate) fn is_https(&self) -> bool {
        self.environment.scheme() == "https"
    }

    /// An endpoint of the environment; `path` starts with a slash.
    pub(crate) fn endpoint(&self, path: &str) -> Url {
        let mut url = self.environment.clone();
        url.set_path(path);
        url
    }
}

const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const DEFAULT_TOTAL_TIMEOUT: Duration = Duration::from_secs(8);
const DEFAULT_TOKEN_TIMEOUT: Duration = Duration::from_secs(20);
const DEFAULT_CLOCK_TOLERANCE: Duration = Duration::from_secs(30);

/// An upper bound for both credentials, in bytes; real ones have a few dozen.
const MAX_CREDENTIAL: usize = 512;

fn parse_environment(text: &str) -> Result<Url, &'static str> {
    if text.trim().is_empty() {
        return Err("is empty");
    }
    let url = Url::parse(text.trim()).map_err(|_| "is not a URL such as https://acme.scalekit.dev")?;
    if !url.has_host() {
        return Err("has no host");
    }
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        "http" => return Err("must use https (http is for loopback hosts only)"),
        _ => return Err("must use https"),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not contain a user name or password");
    }
    if url.path() != "/" {
        return Err("must not have a path");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("must not have a query or fragment");
    }
    Ok(url)
}

fn without_slash(url: &Url) -> &str {
    url.as_str().trim_end_matches('/')
}

/// Whether the URL's host is this machine: `localhost`, a name below it (RFC 6761, section 6.3), or an
/// address that leads nowhere else.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.to_canonical().is_loopback(),
        None => false,
    }
}

/// RFC 6749, appendix A.1 and A.2: both credentials are printable ASCII. A space is refused as well: in
/// practice it is a copying mistake.
fn credential_problem(value: &str) -> Option<&'static str> {
    if value.is_empty() {
        Some("is empty")
    } else if value.len() > MAX_CREDENTIAL {
        Some("is longer than 512 bytes")
    } else if !value.bytes().all(|byte| byte.is_ascii_graphic()) {
        Some("contains spaces, line breaks or non-ASCII characters")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(url: &str) -> Result<Config, Vec<ConfigError>> {
        Config::new(url, "skc_1", SecretString::from("test_secret"))
    }

    #[test]
    fn a_trailing_slash_is_not_part_of_the_issuer() {
        assert_eq!(config("https://acme.scalekit.dev/").unwrap().issuers(), ["https://acme.scalekit.dev"]);
        assert_eq!(config("http://localhost:3002").unwrap().issuers(), ["http://localhost:3002"]);
    }

    #[test]
    fn issuers_take_the_place_of_the_environment_url_and_are_checked_like_it() {
        let config = |issuers: &[&str]| config("https://acme.scalekit.dev").unwrap().with_issuers(issuers);
        let moved = config(&["https://acme.scalekit.dev", " https://auth.acme.example/ "]).unwrap();
        assert_eq!(moved.issuers(), ["https://acme.scalekit.dev", "https://auth.acme.example"]);
        assert_eq!(moved.environment_url(), "https://acme.scalekit.dev");
        let refused: [&[&str]; 4] =
            [&[], &[""], &["auth.acme.example"], &["https://acme.scalekit.dev", "http://x.example"]];
        for issuers in refused {
            assert!(matches!(config(issuers), Err(ConfigError::Issuer(_))), "{issuers:?}");
        }
    }

    #[test]
    fn plain_http_is_accepted_for_loopback_hosts_only() {
        for url in [
            "http://localhost",
            "http://localhost.:1",
            "http://scalekit.localhost:1",
            "http://127.8.9.1",
            "http://[::1]:3002",
            "http://[::ffff:127.0.0.1]",
        ] {
            assert!(config(url).is_ok(), "{url}");
        }
        for url in
            ["http://acme.scalekit.dev", "http://localhost.example.com", "http://128.0.0.1", "http://notlocalhost"]
        {
            assert!(config(url).is_err(), "{url}");
        }
    }

    #[test]
    fn an_environment_url_with_more_than_an_origin_is_refused() {
        for url in [
            "",
            "  ",
            "acme.scalekit.dev",
            "ftp://acme.scalekit.dev",
            "https://user@acme.scalekit.dev",
            "https://:pw@acme.scalekit.dev",
            "https://acme.scalekit.dev/x",
            "https://acme.scalekit.dev//",
            "https://acme.scalekit.dev/?a=b",
            "https://acme.scalekit.dev/#x",
            "data:text/plain,x",
        ] {
            assert!(matches!(config(url).unwrap_err()[..], [ConfigError::EnvironmentUrl(_)]), "{url}");
        }
    }

    #[test]
    fn all_problems_are_reported_at_once() {
        let problems = Config::new("nonsense", "", SecretString::from("two words")).unwrap_err();
        assert!(matches!(
            problems[..],
            [ConfigError::EnvironmentUrl(_), ConfigError::ClientId(_), ConfigError::ClientSecret(_)]
        ));
        assert!(!format!("{problems:?}").contains("two words"));
    }

    #[test]
    fn debug_does_not_show_the_secret() {
        assert!(!format!("{:?}", config("https://acme.scalekit.dev").unwrap()).contains("test_secret"));
    }
}
