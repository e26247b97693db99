//! Settings: each refusal with its exact message, and how the sources override each other.

use std::collections::HashMap;

use super::*;

const SECRET: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// Production settings that are right, with some variables changed.
fn load(changes: &[(&str, &str)]) -> Result<Settings, Problems> {
    load_with_file("", changes)
}

fn load_with_file(file: &str, changes: &[(&str, &str)]) -> Result<Settings, Problems> {
    let mut variables: HashMap<String, String> = [
        ("LEPTOS_ENV", "PROD"),
        ("APP_URL", "https://app.example.com"),
        ("SCALEKIT_ENVIRONMENT_URL", "https://acme.scalekit.com"),
        ("SCALEKIT_CLIENT_ID", "skc_1234567890"),
        ("SCALEKIT_CLIENT_SECRET", "live_abcdefghij"),
        ("SESSION_SECRET", SECRET),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    for (name, value) in changes {
        variables.insert((*name).to_owned(), (*value).to_owned());
    }
    variables.retain(|_, value| value != "(unset)");
    Settings::from_source(&Source::from_parts(EMBEDDED, file, variables).unwrap())
}

/// The one problem that a change causes, as "VARIABLE what".
fn problem(changes: &[(&str, &str)]) -> String {
    let problems = load(changes).unwrap_err();
    let found: Vec<String> = problems.iter().map(|problem| format!("{} {}", problem.variable, problem.what)).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].clone()
}

#[test]
fn complete_production_settings_are_accepted() {
    let settings = load(&[]).unwrap();
    assert_eq!(settings.environment, Environment::Production);
    assert_eq!(settings.redirect_uri().as_str(), "https://app.example.com/auth/callback");
    assert_eq!(settings.post_logout_uri().as_str(), "https://app.example.com/logged-out");
    assert_eq!(settings.store, StoreAddress::Sqlite("data/sessions.db".into()));
    assert_eq!(settings.limits, Limits::default());
    assert!(settings.webhook_secrets.is_none() && settings.session_api);
    assert!(settings.secure_cookies());
    // part: metrics
    assert_eq!(settings.metrics, Some(SocketAddr::from(([127, 0, 0, 1], 9464))));
}

// part: metrics
#[test]
fn metrics_can_be_switched_off() {
    assert_eq!(load(&[("METRICS_ADDR", "off")]).unwrap().metrics, None);
}

#[test]
fn production_names_every_missing_setting_at_once() {
    let unset =
        ["APP_URL", "SCALEKIT_ENVIRONMENT_URL", "SCALEKIT_CLIENT_ID", "SCALEKIT_CLIENT_SECRET", "SESSION_SECRET"];
    let changes: Vec<_> = unset.iter().map(|name| (*name, "(unset)")).collect();
    let message = load(&changes).unwrap_err().to_string();
    assert!(message.starts_with("5 settings to correct:"), "{message}");
    for name in unset {
        assert!(message.contains(&format!("\n  {name} ")), "{name} is missing in {message}");
    }
    assert!(message.contains("in Leptos.toml: scalekit.client-secret"), "{message}");
}

#[test]
fn each_bad_value_is_named_with_what_is_wrong() {
    assert_eq!(problem(&[("APP_URL", "app.example.com")]), "APP_URL is not an absolute URL");
    assert_eq!(
        problem(&[("APP_URL", "http://app.example.com")]),
        "APP_URL must use https: plain http is accepted on loopback only"
    );
    assert_eq!(
        problem(&[("APP_URL", "https://app.example.com/base")]),
        "APP_URL must be scheme, host and port only, without a path, query or credentials"
    );
    assert_eq!(problem(&[("APP_URL", "ftp://app.example.com")]), "APP_URL must start with https://");
    assert_eq!(problem(&[("SESSION_STORE", "postgres://x")]), "SESSION_STORE is not a store address");
    assert_eq!(
        problem(&[("SESSION_STORE", "memory:")]),
        "SESSION_STORE is memory:, which loses every session at a restart; production needs a real store"
    );
    assert_eq!(problem(&[("SESSION_SECRET", "c2hvcnQ=")]), "SESSION_SECRET key 1 has 5 bytes; each key must have 32");
    assert_eq!(problem(&[("SESSION_SECRET", "???")]), "SESSION_SECRET key 1 is not base64");
    assert_eq!(
        problem(&[("EMULATOR_PORT", "70000")]),
        "EMULATOR_PORT is \"70000\"; it must be a port number such as 3002"
    );
    assert_eq!(problem(&[("LEPTOS_SITE_ADDR", "localhost")]), "LEPTOS_SITE_ADDR must be an IP address and a port");
    assert_eq!(problem(&[("LEPTOS_ENV", "staging")]), "LEPTOS_ENV is \"staging\"; it must be DEV or PROD");
    assert_eq!(problem(&[("SCALEKIT_CLIENT_ID", "(unset)")]), "SCALEKIT_CLIENT_ID is not set");
    assert_eq!(problem(&[("APP_URL", "http://localhost:8080")]), "APP_URL must use https in production");
    assert_eq!(
        problem(&[("SCALEKIT_ENVIRONMENT_URL", "http://localhost:3002")]),
        "SCALEKIT_ENVIRONMENT_URL must use https in production"
    );
    assert_eq!(
        problem(&[("SCALEKIT_CLIENT_ID", "skc_emulator")]),
        "SCALEKIT_CLIENT_ID is the emulator's, which is for development only"
    );
    assert!(problem(&[("SESSION_LIFETIME_HOURS", "0")]).starts_with("SESSION_LIFETIME_HOURS is \"0\""));
    assert!(problem(&[("SESSION_MAX_PER_USER", "0")]).starts_with("SESSION_MAX_PER_USER is \"0\""));
    assert_eq!(
        problem(&[("SESSION_IDLE_MINUTES", "4")]),
        "SESSION_IDLE_MINUTES must be at least 5: activity is noted once a minute"
    );
    assert_eq!(
        problem(&[("SCALEKIT_SESSION_API", "maybe")]),
        "SCALEKIT_SESSION_API is \"maybe\"; it must be on or off"
    );
    // part: metrics
    assert_eq!(
        problem(&[("METRICS_ADDR", "9464")]),
        "METRICS_ADDR is \"9464\"; it must be an IP address and a port, or off"
    );
    assert!(problem(&[("SCALEKIT_WEBHOOK_SECRET", "secret")]).starts_with("SCALEKIT_WEBHOOK_SECRET "));
}

// part: redis
#[test]
fn a_redis_address_is_accepted_and_each_wrong_one_is_named_with_what_is_wrong() {
    let settings = load(&[("SESSION_STORE", "redis://:hunter2@redis.internal?prefix=acme")]).unwrap();
    assert!(matches!(settings.store, StoreAddress::Redis(_)));
    assert!(!format!("{settings:?}").contains("hunter2"));
    for (address, why) in [
        (
            "redis://:hun#ter2@host",
            "is not a URL: empty host; special characters in a password must be percent-encoded",
        ),
        ("rediss://", "names no host"),
        ("redis://host#0", "must not have a fragment; a # in a password is written %23"),
        ("redis://app@host", "names a user but no password"),
        ("redis://:%ff@host", "has a user or password that is not text"),
        ("redis://host/cache", "must end with a database number or nothing after the host, such as /0"),
        ("redis-cluster://host/1", "is a cluster's, which has only database 0"),
        ("redis-cluster://host?node=a:b", "has a node that is not host:port"),
        (
            "redis://host?node=b",
            "is a single server's, which takes no node; clusters start with redis-cluster or rediss-cluster",
        ),
        ("redis-sentinel://host", "needs the name that the sentinels know the servers by: ?service=NAME"),
        ("redis://host?service=mymaster", "has a service, which only sentinels know"),
        (
            "redis://host?prefix={a}",
            "has a prefix that is not 1 to 64 letters, digits, dots, hyphens, underscores or colons",
        ),
        ("redis://host?ca=/ca.pem", "has ca, which only the TLS schemes such as rediss take"),
        ("redis://host?prefix=", "has prefix without a value"),
        ("redis://host?prefix=a&prefix=b", "has prefix twice"),
        ("rediss://host?verify=none", "has a parameter that is none of node, service, prefix and ca"),
        ("redis+unix:///run/redis", "is not a store address"),
    ] {
        assert_eq!(problem(&[("SESSION_STORE", address)]), format!("SESSION_STORE {why}"));
    }
}

#[test]
fn messages_never_show_a_secret() {
    let message = load(&[("SESSION_SECRET", "c2hvcnQ="), ("APP_URL", "x"), ("SCALEKIT_CLIENT_SECRET", " live abc ")])
        .unwrap_err()
        .to_string();
    for secret in ["c2hvcnQ", "live abc", "live_abcdefghij"] {
        assert!(!message.contains(secret), "{message}");
    }
}

#[test]
fn debug_shows_no_secret() {
    let text = format!("{:?}", load(&[]).unwrap());
    assert!(!text.contains("live_abcdefghij") && !text.contains(SECRET), "{text}");
}

#[test]
fn development_needs_no_scalekit_settings() {
    let scalekit =
        ["SCALEKIT_ENVIRONMENT_URL", "SCALEKIT_CLIENT_ID", "SCALEKIT_CLIENT_SECRET"].map(|name| (name, "(unset)"));
    let settings = load(&[scalekit.as_slice(), &[("LEPTOS_ENV", "DEV"), ("APP_URL", "(unset)")]].concat()).unwrap();
    assert!(matches!(settings.provider, IdentityProvider::Emulator));
    assert_eq!(settings.app_url.as_str(), "http://localhost:3000/");
    assert!(!settings.secure_cookies());
}

#[test]
fn some_but_not_all_scalekit_settings_are_a_problem_in_development_too() {
    assert_eq!(problem(&[("LEPTOS_ENV", "DEV"), ("SCALEKIT_CLIENT_SECRET", "")]), "SCALEKIT_CLIENT_SECRET is not set");
}

#[test]
fn the_environment_overrides_the_file_and_the_file_the_default() {
    let file = "[session]\nstore = \"sqlite:from-file.db\"\nlifetime-hours = 5\n";
    let settings = load_with_file(file, &[]).unwrap();
    assert_eq!(settings.store, StoreAddress::Sqlite("from-file.db".into()));
    assert_eq!(settings.limits.lifetime, Duration::from_secs(5 * 3600));
    let settings = load_with_file(file, &[("SESSION_STORE", "sqlite:from-environment.db")]).unwrap();
    assert_eq!(settings.store, StoreAddress::Sqlite("from-environment.db".into()));
}

#[test]
fn leptos_itself_reads_the_same_file() {
    let options = leptos::config::get_config_from_str(EMBEDDED).unwrap();
    assert_eq!(options.output_name.as_ref(), "leptos-scalekit");
    assert_eq!(options.site_addr, load(&[]).unwrap().leptos.site_addr);
}

#[test]
fn the_runtime_file_and_the_build_file_agree() {
    let table = |text: &str| -> toml::Table {
        let document: toml::Table = text.parse().unwrap();
        document["package"]["metadata"]["leptos"].as_table().unwrap().clone()
    };
    let build = table(include_str!("../../../Cargo.toml"));
    for (key, value) in table(EMBEDDED) {
        if key != "env" {
            assert_eq!(build.get(&key), Some(&value), "{key}");
        }
    }
}

#[test]
fn a_development_secret_is_made_once_and_readable_by_its_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data/session-secret");
    let first = source::development_secret(&path).unwrap();
    let second = source::development_secret(&path).unwrap();
    assert_eq!(first.expose_secret(), second.expose_secret());
    assert!(KeyRing::parse(&first).is_ok());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
