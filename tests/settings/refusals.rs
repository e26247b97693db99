//! What is refused, with exact messages.

use super::*;

#[test]
fn complete_production_settings_are_accepted() {
    let settings = load(&[]).unwrap();
    assert_eq!(settings.environment, Environment::Production);
    assert_eq!(settings.redirect_uri().as_str(), "https://app.example.com/auth/callback");
    assert_eq!(settings.post_logout_uri().as_str(), "https://app.example.com/logged-out");
    if Part::Sqlite.is_here() {
        let default = load(&[("SESSION_STORE", "(unset)")]).unwrap().store;
        assert_eq!(default.to_string(), "sqlite:data/sessions.db");
    }
    assert_eq!(settings.limits, scalekit_sessions::Limits::default());
    assert!(settings.webhook_secrets.is_none());
    assert!(settings.session_api);
    assert_eq!(settings.token_call, std::time::Duration::from_secs(20));
    assert!(settings.secure_cookies());
    assert_eq!(settings.metrics, Some(std::net::SocketAddr::from(([127, 0, 0, 1], 9464))));
}

#[test]
fn a_proxy_is_judged_where_it_is_meant_and_named_as_it_was_read() {
    let socks = "socks5://user:hunter2@proxy.example.com:1080";
    let wrong = "must start with http:// or https://; other proxies, such as SOCKS, are not supported";
    for variable in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        assert_eq!(problem(&[(variable, socks)]), format!("{variable} {wrong}"));
        for exceptions in ["acme.scalekit.com", ".scalekit.com", "*"] {
            assert!(load(&[(variable, socks), ("NO_PROXY", exceptions)]).is_ok(), "{variable} {exceptions}");
        }
        let development = [
            ("LEPTOS_ENV", "DEV"),
            ("APP_URL", "http://localhost:3000"),
            ("SCALEKIT_ENVIRONMENT_URL", "http://localhost:3002"),
        ];
        assert!(load(&[&development[..], &[(variable, socks)]].concat()).is_ok(), "{variable} on this machine");
    }
    let file = format!("[scalekit]\nhttps-proxy = \"{socks}\"");
    assert_eq!(problems(load_with_file(&file, &[])), [format!("HTTPS_PROXY {wrong}")]);
}

#[test]
fn metrics_can_be_switched_off() {
    assert_eq!(load(&[("METRICS_ADDR", "off")]).unwrap().metrics, None);
    let development = [("LEPTOS_ENV", "DEV"), ("APP_URL", "http://localhost:3000")];
    assert_eq!(load(&development).unwrap().metrics, None);
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
        problem(&[("EMULATOR_PORT", "70000"), ("LEPTOS_ENV", "DEV")]),
        "EMULATOR_PORT is \"70000\"; it must be a port number such as 3002"
    );
    assert_eq!(problem(&[("LEPTOS_SITE_ADDR", "localhost")]), "LEPTOS_SITE_ADDR must be an IP address and a port");
    for port in ["x", "0", "70000", "-1", "8080.0", "tcp://10.0.0.1:80"] {
        assert_eq!(problem(&[("PORT", port)]), format!("PORT is {port:?}; it must be a port number such as 8080"));
    }
    assert_eq!(problem(&[("LEPTOS_ENV", "staging")]), "LEPTOS_ENV is \"staging\"; it must be DEV or PROD");
    assert_eq!(problem(&[("SCALEKIT_CLIENT_ID", "(unset)")]), "SCALEKIT_CLIENT_ID is not set");
    assert!(problem(&[("SESSION_LIFETIME_HOURS", "0")]).starts_with("SESSION_LIFETIME_HOURS is \"0\""));
    assert!(problem(&[("SESSION_MAX_PER_USER", "0")]).starts_with("SESSION_MAX_PER_USER is \"0\""));
    assert_eq!(
        problem(&[("SESSION_IDLE_MINUTES", "4")]),
        "SESSION_IDLE_MINUTES must be at least 5: activity is noted once a minute"
    );
    assert_eq!(
        problem(&[("SCALEKIT_TOKEN_CALL_SECONDS", "36")]),
        "SCALEKIT_TOKEN_CALL_SECONDS is 36; it must be 1 to 35"
    );
    assert_eq!(
        problem(&[("SCALEKIT_TOKEN_CALL_SECONDS", "0")]),
        "SCALEKIT_TOKEN_CALL_SECONDS is 0; it must be 1 to 35"
    );
    assert_eq!(
        problem(&[("SCALEKIT_TOKEN_CALL_SECONDS", "ten")]),
        "SCALEKIT_TOKEN_CALL_SECONDS is \"ten\"; it must be a whole number of seconds such as 20"
    );
    assert_eq!(
        problem(&[("SCALEKIT_ISSUERS", "https://acme.scalekit.com, auth.acme.example")]),
        "SCALEKIT_ISSUERS the issuer is not a URL such as https://acme.scalekit.dev"
    );
    assert_eq!(
        problem(&[("SCALEKIT_AUDIENCES", "https://api.acme.example https://b.example")]),
        "SCALEKIT_AUDIENCES contains spaces or other characters that no audience has"
    );
    assert_eq!(
        problem(&[("SCALEKIT_SESSION_API", "maybe")]),
        "SCALEKIT_SESSION_API is \"maybe\"; it must be on or off"
    );
    assert_eq!(
        problem(&[("RATE_LIMIT", "callback=3000")]),
        "RATE_LIMIT has \"callback=3000\" in it, which is not callback=ADDRESS/ALL, in requests a minute"
    );
    assert_eq!(problem(&[("LOG_CLIENTS", "yes")]), "LOG_CLIENTS is \"yes\"; it must be off, network or full");
    assert_eq!(
        problem(&[("METRICS_ADDR", "9464")]),
        "METRICS_ADDR is \"9464\"; it must be an IP address and a port, or off"
    );
    assert!(problem(&[("SCALEKIT_WEBHOOK_SECRET", "secret")]).starts_with("SCALEKIT_WEBHOOK_SECRET "));
}

#[test]
fn a_redis_address_is_accepted_and_each_wrong_one_is_named_with_what_is_wrong() {
    if !Part::Redis.is_here() {
        return;
    }
    let settings = load(&[("SESSION_STORE", "redis://:hunter2@redis.internal?prefix=acme")]).unwrap();
    assert_eq!(settings.store.to_string(), "redis://:***@redis.internal:6379/0?prefix=acme");
    assert!(!format!("{settings:?}").contains("hunter2"));
    for (address, why) in [
        (
            "redis://:hun#ter2@host",
            "is not a URL: empty host; special characters in a password must be percent-encoded",
        ),
        ("rediss://", "names no host"),
        ("redis://host#0", "must not have a fragment; a # in a password is written %23"),
        ("redis://app@host", "names a user but no password"),
        ("redis://a,b:6379", "lists hosts; further nodes of a cluster or sentinels are written ?node=host:port"),
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
fn an_sqlite_address_in_the_spelling_of_another_library_is_understood_or_refused() {
    if !Part::Sqlite.is_here() {
        return;
    }
    for (address, path) in [
        ("sqlite:data/x.db", "data/x.db"),
        ("sqlite:/srv/x.db", "/srv/x.db"),
        ("sqlite://data/x.db", "data/x.db"),
        ("sqlite:////srv/x.db", "/srv/x.db"),
    ] {
        let settings = load(&[("SESSION_STORE", address)]).unwrap();
        assert_eq!(settings.store.to_string(), format!("sqlite:{path}"), "{address}");
    }
    for (address, why) in [
        (
            "sqlite:///srv/x.db",
            "begins with sqlite:///, which is a relative path to some libraries and an absolute one to others; \
             write sqlite:srv/x.db or sqlite:/srv/x.db",
        ),
        ("sqlite:", "names no file"),
        ("sqlite::memory:", "is a database in memory, which is written memory: here"),
        ("sqlite://:memory:", "is a database in memory, which is written memory: here"),
        ("sqlite:x.db?mode=rwc", "has parameters (?…), which are not understood; write the path alone"),
        ("sqlite:~/x.db", "has a ~ or $, which nothing fills in here; write the whole path"),
        ("sqlite:$HOME/x.db", "has a ~ or $, which nothing fills in here; write the whole path"),
        ("sqlite:my%20data/x.db", "has a %; the path is taken as it stands, so write its characters themselves"),
        ("sqlite://localhost/x.db", "names a host; write the path alone"),
        ("sqlite:data/", "is a folder; name a file in it"),
        ("sqlite:/", "is a folder; name a file in it"),
        ("data/x.db", "is not a store address"),
        ("file:x.db", "is not a store address"),
        ("sqlite3:x.db", "is not a store address"),
        ("jdbc:sqlite:x.db", "is not a store address"),
    ] {
        assert_eq!(problem(&[("SESSION_STORE", address)]), format!("SESSION_STORE {why}"));
    }
}

#[test]
fn quotes_that_docker_leaves_around_a_value_are_named() {
    for name in ["APP_URL", "SESSION_SECRET"] {
        let found = problems(load(&[(name, "\"x\"")]));
        let what = "begins and ends with \": whoever sets it (docker --env-file?) keeps quotes; leave them out";
        assert_eq!(found[0], format!("{name} {what}"));
    }
}

#[test]
fn messages_never_show_a_secret() {
    let message = load(&[("SESSION_SECRET", "c2hvcnQ="), ("APP_URL", "x"), ("SCALEKIT_CLIENT_SECRET", " live abc ")])
        .unwrap_err()
        .to_string();
    for secret in ["c2hvcnQ", "live abc", "q7Jw2mZr8Kx4Pd6N"] {
        assert!(!message.contains(secret), "{message}");
    }
}

#[test]
fn debug_shows_no_secret() {
    let secret = random_key();
    let text = format!("{:?}", load(&[("SESSION_SECRET", &secret)]).unwrap());
    assert!(!text.contains(CLIENT_SECRET) && !text.contains(&secret), "{text}");
}

#[test]
fn some_but_not_all_scalekit_settings_are_a_problem_in_development_too() {
    assert_eq!(problem(&[("LEPTOS_ENV", "DEV"), ("SCALEKIT_CLIENT_SECRET", "")]), "SCALEKIT_CLIENT_SECRET is not set");
}

#[test]
fn production_refuses_what_is_known_to_everybody() {
    let sequence = STANDARD.encode((0..32).collect::<Vec<u8>>());
    let both = format!("{},{sequence}", random_key());
    for (variable, value, what) in [
        ("SESSION_SECRET", &*sequence, "key 1 is an example, not a random key"),
        ("SESSION_SECRET", &both, "key 2 is an example, not a random key"),
        ("SESSION_SECRET", "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=", "key 1 is an example, not a random key"),
        (
            "SESSION_SECRET",
            "Q29ycmVjdC1Ib3JzZV9CYXR0ZXJ5IVN0YXBsZSAwMTc=",
            "key 1 is text in base64, not 32 random bytes",
        ),
        ("SESSION_SECRET", "c2hvcnQ=", "key 1 has 5 bytes; each key must have 32"),
        ("SCALEKIT_CLIENT_SECRET", "test_emulator_secret", "is the emulator's, which is for development only"),
        ("SCALEKIT_CLIENT_SECRET", "your-client-secret", "is an example, not a secret"),
        ("SCALEKIT_CLIENT_SECRET", "live_abc", "has 8 bytes, fewer than any real one: copy it again"),
        (
            "SCALEKIT_WEBHOOK_SECRET",
            "whsec_c2NhbGVraXQtZW11bGF0b3Igd2ViaG9vayBzZWNyZXQ=",
            "number 1 is the emulator's, which is for development only",
        ),
        (
            "SCALEKIT_WEBHOOK_SECRET",
            "whsec_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=",
            "number 1 is an example, not a secret",
        ),
    ] {
        assert_eq!(problem(&[(variable, value)]), format!("{variable} {what}"));
    }
}

#[test]
fn development_takes_examples() {
    let sequence = STANDARD.encode((0..32).collect::<Vec<u8>>());
    let development = [
        ("LEPTOS_ENV", "DEV"),
        ("SESSION_SECRET", &*sequence),
        ("SCALEKIT_CLIENT_ID", "skc_emulator"),
        ("SCALEKIT_CLIENT_SECRET", "test_emulator_secret"),
        ("SCALEKIT_ENVIRONMENT_URL", "http://localhost:3002"),
        ("EMULATOR_PORT", "3102"),
    ];
    let local = [&development[..], &[("APP_URL", "http://localhost:3000")]].concat();
    assert_eq!(load(&local).err(), None);
    // A key that everybody knows is no key where others reach the site, whatever the environment is called.
    assert_eq!(problem(&development), "SESSION_SECRET key 1 is an example, not a random key");
}

#[test]
fn trusted_proxies_are_addresses_and_networks_but_not_everything() {
    let trusted = load(&[("TRUSTED_PROXIES", " 10.0.0.0/8,192.0.2.7, ::1 ")]).unwrap().trusted_proxies;
    assert_eq!(trusted.iter().map(ToString::to_string).collect::<Vec<_>>(), ["10.0.0.0/8", "192.0.2.7/32", "::1/128"]);
    assert!(load(&[("TRUSTED_PROXIES", "")]).unwrap().trusted_proxies.is_empty());
    for everything in ["0.0.0.0/0", "::1, ::/0"] {
        assert_eq!(
            problem(&[("TRUSTED_PROXIES", everything)]),
            "TRUSTED_PROXIES trusts every address: anybody could then choose the address they come from"
        );
    }
    for (value, entry) in [("nginx", "nginx"), ("10.0.0.1, 10.0.0.0/33", "10.0.0.0/33"), ("*", "*")] {
        assert_eq!(
            problem(&[("TRUSTED_PROXIES", value)]),
            format!(
                "TRUSTED_PROXIES has {entry:?} in it, which is neither an IP address nor a network such as 10.0.0.0/8"
            )
        );
    }
    assert_eq!(
        problem(&[("RATE_LIMIT", "sometimes")]),
        "RATE_LIMIT has \"sometimes\" in it; it must be on, off, or limits of login_start, callback and server_function"
    );
}

#[test]
fn production_refuses_everything_that_leads_to_the_emulator() {
    assert_eq!(
        problem(&[("SCALEKIT_CLIENT_ID", "skc_emulator")]),
        "SCALEKIT_CLIENT_ID is the emulator's, which is for development only"
    );
    assert_eq!(
        problem(&[("SCALEKIT_ENVIRONMENT_URL", "http://localhost:3002")]),
        "SCALEKIT_ENVIRONMENT_URL is the emulator's address, which is for development only"
    );
    assert_eq!(
        problem(&[("EMULATOR_PORT", "3102")]),
        "EMULATOR_PORT is set, but the emulator is for development only: remove the setting"
    );
    assert_eq!(
        problems(load_with_file("[emulator]\nport = 3102", &[])),
        ["EMULATOR_PORT is set, but the emulator is for development only: remove the setting"]
    );
}

#[test]
fn plain_http_is_for_loopback_in_production_too() {
    let settings =
        load(&[("APP_URL", "http://localhost:8080"), ("SCALEKIT_ENVIRONMENT_URL", "http://127.0.0.1:4000")]).unwrap();
    assert!(!settings.secure_cookies());
    assert_eq!(
        problem(&[("APP_URL", "http://app.example.com")]),
        "APP_URL must use https: plain http is accepted on loopback only"
    );
    assert_eq!(
        problem(&[("SCALEKIT_ENVIRONMENT_URL", "http://acme.scalekit.com")]),
        "SCALEKIT_ENVIRONMENT_URL the environment URL must use https (http is for loopback hosts only)"
    );
    assert_eq!(
        problem(&[("APP_URL", "(unset)")]),
        "APP_URL is not set; production needs the public address of this site"
    );
}

#[test]
fn tls_needs_both_files_and_connections_a_number() {
    assert_eq!(
        problem(&[("TLS_KEY_FILE", "key.pem")]),
        "TLS_CERTIFICATE_FILE is not set, but TLS_KEY_FILE is: TLS needs both"
    );
    assert_eq!(
        problem(&[("TLS_CERTIFICATE_FILE", "certificate.pem")]),
        "TLS_KEY_FILE is not set, but TLS_CERTIFICATE_FILE is: TLS needs both"
    );
    assert_eq!(
        problem(&[("MAX_CONNECTIONS", "many")]),
        "MAX_CONNECTIONS is \"many\"; it must be a whole number of connections such as 10000"
    );
}

#[test]
fn what_is_there_is_checked_although_something_is_missing() {
    let found = problems(load(&[
        ("SCALEKIT_ENVIRONMENT_URL", "acme"),
        ("SCALEKIT_CLIENT_ID", "(unset)"),
        ("SCALEKIT_CLIENT_SECRET", "changeme"),
        ("LEPTOS_SITE_ADDR", "x"),
        ("LEPTOS_RELOAD_PORT", "y"),
    ]));
    assert_eq!(
        found,
        [
            "SCALEKIT_CLIENT_ID is not set",
            "SCALEKIT_CLIENT_SECRET is an example, not a secret",
            "SCALEKIT_ENVIRONMENT_URL the environment URL is not a URL such as https://acme.scalekit.dev",
            "LEPTOS_SITE_ADDR must be an IP address and a port",
            "LEPTOS_RELOAD_PORT is \"y\"; it must be a port number such as 3001",
        ]
    );
}

#[test]
fn every_problem_comes_with_a_line_that_would_be_right() {
    let wrong: Vec<_> = table::ALL.iter().map(|setting| (setting.variable, "\u{0}")).collect();
    let Err(problems) = load(&wrong) else { panic!("nothing of this is right") };
    for problem in problems.iter() {
        assert!(problem.example.starts_with(&format!("{}=", problem.variable)), "{problem:?}");
    }
}

#[test]
fn a_file_that_is_not_toml_is_named_with_its_line_and_without_its_words() {
    let found = problems(load_with_file("[scalekit]\nclient-secret = hunter2", &[]));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("Leptos.toml is not valid TOML at line 2: "), "{found:?}");
    assert!(!found[0].contains("hunter2"), "{found:?}");
}
