//! Names that no setting has.

use super::*;

#[test]
fn a_misspelt_variable_is_refused_with_what_was_meant() {
    for (name, hint) in [
        ("SESSION_STROE", "did you mean SESSION_STORE?"),
        ("SESSION_LIFETIME", "did you mean SESSION_LIFETIME_HOURS?"),
        ("SCALEKIT_CLIENTID", "did you mean SCALEKIT_CLIENT_ID?"),
        ("TLS_CERT_FILE", "did you mean TLS_KEY_FILE?"),
        ("TLS_CERT", "there are TLS_CERTIFICATE_FILE, TLS_KEY_FILE"),
        ("METRICS_ADDRESS", "did you mean METRICS_ADDR?"),
        ("EMULATOR_PROT", "did you mean EMULATOR_PORT?"),
        ("APP_ULR", "did you mean APP_URL?"),
        ("APP_CONFIGS", "did you mean APP_CONFIG?"),
        ("LEPTOS_EVN", "did you mean LEPTOS_ENV?"),
        ("MAX_CONECTIONS", "did you mean MAX_CONNECTIONS?"),
        ("MAX_CONNECTION", "did you mean MAX_CONNECTIONS?"),
        ("LEPTOS_SITE_ADDRESS", "did you mean LEPTOS_SITE_ADDR?"),
    ] {
        assert_eq!(problem(&[(name, "x")]), format!("{name} is not a setting; {hint}"));
    }
}

#[test]
fn the_suggestion_comes_with_a_line_that_would_be_right() {
    let message = load(&[("SESSION_MAX_PER_USR", "x")]).unwrap_err().to_string();
    assert_eq!(
        message,
        "1 setting to correct:\n\n  SESSION_MAX_PER_USR is not a setting; did you mean SESSION_MAX_PER_USER?\n    \
         for example:    SESSION_MAX_PER_USER=20\n"
    );
}

#[test]
fn variables_of_others_are_left_alone() {
    let others = [
        // Leptos' and cargo-leptos' own.
        "LEPTOS_ASSETS_DIR",
        "LEPTOS_BIN_CARGO_COMMAND",
        "LEPTOS_BIN_DIR",
        "LEPTOS_BIN_EXE_NAME",
        "LEPTOS_BIN_TARGET",
        "LEPTOS_BIN_TARGET_DIR",
        "LEPTOS_BIN_TARGET_TRIPLE",
        "LEPTOS_BROWSERQUERY",
        "LEPTOS_END2END_CMD",
        "LEPTOS_END2END_DIR",
        "LEPTOS_GRACEFUL_SHUTDOWN",
        "LEPTOS_HASH_FILES",
        "LEPTOS_HASH_FILE_NAME",
        "LEPTOS_JS_MINIFY",
        "LEPTOS_LIB_DIR",
        "LEPTOS_NOT_FOUND_PATH",
        "LEPTOS_RELOAD_EXTERNAL_PORT",
        "LEPTOS_RELOAD_WS_PROTOCOL",
        "LEPTOS_SASS_VERSION",
        "LEPTOS_STYLE_BUNDLE",
        "LEPTOS_STYLE_FILE",
        "LEPTOS_TAILWIND_VERSION",
        "LEPTOS_WASM_BINDGEN_VERSION",
        "LEPTOS_WASM_OPT_FEATURES",
        "LEPTOS_WASM_OPT_VERSION",
        "LEPTOS_WATCH",
        "SERVER_FN_PREFIX",
        // Platforms'.
        "APP_ENV",
        "APP_ID",
        "APP_KEY",
        "APP_NAME",
        "APP_PORT",
        "APP_UID",
        "APP_VERSION",
        // A desktop's.
        "SESSION_MANAGER",
        // What Kubernetes tells about services called `session-store`, `metrics` and `app`.
        "SESSION_STORE_SERVICE_HOST",
        "SESSION_STORE_SERVICE_PORT",
        "SESSION_STORE_SERVICE_PORT_REDIS",
        "SESSION_STORE_PORT_6379_TCP",
        "SESSION_STORE_PORT_6379_TCP_ADDR",
        "METRICS_PORT_9090_TCP_PROTO",
    ];
    for name in others {
        assert_eq!(load(&[(name, "x")]).err(), None, "{name}");
    }
    assert_eq!(load(&[("METRICS_PORT", "tcp://10.0.0.1:9090")]).err(), None);
    assert!(problem(&[("METRICS_PORT", "9090")]).starts_with("METRICS_PORT is not a setting"));
}

#[test]
fn a_misspelt_key_is_refused_with_what_was_meant() {
    for (file, what) in [
        ("[session]\nstroe = 1", "session.stroe in Leptos.toml is not a setting; did you mean session.store?"),
        ("[sessions]\nstore = 1", "sessions.store in Leptos.toml is not a setting; did you mean session.store?"),
        (
            "[scalekit]\nclient_secret = 1",
            "scalekit.client_secret in Leptos.toml is not a setting; did you mean scalekit.client-secret?",
        ),
        (
            "[server]\nport = 1",
            "server.port in Leptos.toml is not a setting; there are server.tls-certificate-file, server.tls-key-file, \
             server.max-connections, server.trusted-proxies, server.rate-limit, server.log-clients",
        ),
        (
            "[database]\nhost = 1",
            "database.host in Leptos.toml is not a setting; Leptos.toml and docs/settings.md have them all",
        ),
        ("store = 1", "store in Leptos.toml is not a setting; Leptos.toml and docs/settings.md have them all"),
        ("[cache]", "cache in Leptos.toml is not a setting; Leptos.toml and docs/settings.md have them all"),
        ("\"session.store\" = 1", "\"session.store\" in Leptos.toml is not a setting; did you mean session.store?"),
        (
            "[package.metadata.leptos]\nsite-adr = 1",
            "package.metadata.leptos.site-adr in Leptos.toml is not a setting; \
             did you mean package.metadata.leptos.site-addr?",
        ),
    ] {
        assert_eq!(problems(load_with_file(file, &[])), [what]);
    }
    let message = load_with_file("[session]\nmax-per-usr = 1", &[]).unwrap_err().to_string();
    assert!(message.contains("for example:    [session] max-per-user = \"20\""), "{message}");
}

#[test]
fn sections_without_settings_and_keys_of_leptos_are_left_alone() {
    for file in ["[session]", "[package.metadata.leptos]\nhash-files = true\nstyle-file = \"a.css\""] {
        assert_eq!(load_with_file(file, &[]).err(), None, "{file}");
    }
}

#[test]
fn every_unknown_name_is_reported_beside_every_wrong_value() {
    let found = problems(load_with_file("[session]\nstroe = 1", &[("SESSION_TTL", "1"), ("APP_URL", "x")]));
    let subjects: Vec<_> = found.iter().map(|problem| problem.split(' ').next().unwrap()).collect();
    assert_eq!(subjects, ["SESSION_TTL", "session.stroe", "APP_URL"]);
}
