//! The table of all settings: what each is called in the environment and in `Leptos.toml`, what may be shown
//! of it, and a line that would be right. What people may set stands only here: other names are refused.
//!
//! Not here: defaults (`Leptos.toml`), what a value must be (the topics beside this file). A new setting is
//! one line here, its parsing in its topic, its default in `Leptos.toml` and its row in docs/settings.md;
//! tests fail if one of these is missing.

/// One setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    pub variable: &'static str,
    /// The dotted key in `Leptos.toml`; empty if the setting can't stand in a file.
    pub key: &'static str,
    /// What may be shown of its value.
    pub shown: Shown,
    /// A value that would be right, or where to find one.
    pub example: &'static str,
}

/// What may be shown of a setting's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// All of it, but for a password in a URL.
    Whole,
    /// A store address: all of it but what lets one in.
    Address,
    /// A proxy's address: all of it but user and password.
    Proxy,
    /// Nothing.
    Nothing,
}

macro_rules! settings {
    ($($variable:ident, $key:literal, $shown:ident, $example:literal;)*) => {
        $(
            #[doc = concat!("`", stringify!($variable), "`")]
            pub(super) const $variable: Setting =
                Setting { variable: stringify!($variable), key: $key, shown: Shown::$shown, example: $example };
        )*

        /// Every setting.
        pub const ALL: &[Setting] = &[$($variable),*];
    };
}

#[rustfmt::skip]
settings! {
    LEPTOS_ENV, "package.metadata.leptos.env", Whole, "PROD";
    APP_URL, "app.url", Whole, "https://app.example.com";
    LEPTOS_SITE_ADDR, "package.metadata.leptos.site-addr", Whole, "127.0.0.1:3000";
    PORT, "", Whole, "8080";
    TLS_CERTIFICATE_FILE, "server.tls-certificate-file", Whole, "/var/lib/leptos-scalekit/certificate.pem";
    TLS_KEY_FILE, "server.tls-key-file", Whole, "/var/lib/leptos-scalekit/key.pem";
    MAX_CONNECTIONS, "server.max-connections", Whole, "10000";
    TRUSTED_PROXIES, "server.trusted-proxies", Whole, "10.0.0.0/8, 192.0.2.7";
    RATE_LIMIT, "server.rate-limit", Whole, "on";
    LOG_CLIENTS, "server.log-clients", Whole, "network";
    METRICS_ADDR, "metrics.address", Whole, "127.0.0.1:9464";
    SCALEKIT_ENVIRONMENT_URL, "scalekit.environment-url", Whole, "https://acme.scalekit.dev";
    SCALEKIT_CLIENT_ID, "scalekit.client-id", Whole, "skc_1234567890";
    SCALEKIT_CLIENT_SECRET, "scalekit.client-secret", Nothing, "(Dashboard > Developers > API credentials)";
    SCALEKIT_WEBHOOK_SECRET, "scalekit.webhook-secret", Nothing, "(Dashboard > Webhooks > your endpoint: whsec_…)";
    SCALEKIT_ISSUERS, "scalekit.issuers", Whole, "https://acme.scalekit.dev, https://auth.acme.example";
    SCALEKIT_AUDIENCES, "scalekit.audiences", Whole, "https://api.acme.example";
    SCALEKIT_SESSION_API, "scalekit.session-api", Whole, "on";
    HTTPS_PROXY, "scalekit.https-proxy", Proxy, "http://proxy.example.com:3128";
    NO_PROXY, "scalekit.no-proxy", Whole, "localhost, .internal.example.com, 10.0.0.0/8";
    SCALEKIT_TOKEN_CALL_SECONDS, "scalekit.token-call-seconds", Whole, "20";
    SESSION_STORE, "session.store", Address, "sqlite:data/sessions.db";
    SESSION_SECRET, "session.secret", Nothing, "$(openssl rand -base64 32)";
    SESSION_LIFETIME_HOURS, "session.lifetime-hours", Whole, "720";
    SESSION_IDLE_MINUTES, "session.idle-minutes", Whole, "10080";
    SESSION_MAX_PER_USER, "session.max-per-user", Whole, "20";
    EMULATOR_PORT, "emulator.port", Whole, "3002";
    LEPTOS_OUTPUT_NAME, "package.metadata.leptos.output-name", Whole, "leptos-scalekit";
    LEPTOS_SITE_ROOT, "package.metadata.leptos.site-root", Whole, "target/site";
    LEPTOS_SITE_PKG_DIR, "package.metadata.leptos.site-pkg-dir", Whole, "pkg";
    LEPTOS_RELOAD_PORT, "package.metadata.leptos.reload-port", Whole, "3001";
    APP_CONFIG, "", Whole, "/var/lib/leptos-scalekit/Leptos.toml";
}
