//! Where the application is and how it runs: `LEPTOS_*` and `APP_URL`.

use std::net::SocketAddr;

use leptos::config::{Env, LeptosOptions};
use url::Url;

use super::{Environment, Problems, Source, values::number};

pub(super) fn environment(source: &Source, problems: &mut Problems) -> Environment {
    match source.text("LEPTOS_ENV", "package.metadata.leptos.env").as_deref() {
        Some("DEV") => Environment::Development,
        Some("PROD") => Environment::Production,
        other => {
            problems.add(
                "LEPTOS_ENV",
                "package.metadata.leptos.env",
                format!("is {:?}; it must be DEV or PROD", other.unwrap_or("")),
                "LEPTOS_ENV=PROD",
            );
            Environment::Production
        }
    }
}

pub(super) fn app_url(source: &Source, environment: Environment, problems: &mut Problems) -> Option<Url> {
    let text = source.text("APP_URL", "app.url").unwrap_or_default();
    let mut refuse = |why: &str| {
        problems.add("APP_URL", "app.url", why.to_owned(), "APP_URL=https://app.example.com");
        None
    };
    let Ok(url) = Url::parse(&text) else {
        return refuse("is not an absolute URL");
    };
    if url.path() != "/"
        || url.query().is_some()
        || url.fragment().is_some()
        || !url.username().is_empty()
        || url.password().is_some()
    {
        return refuse("must be scheme, host and port only, without a path, query or credentials");
    }
    match url.scheme() {
        "http" if !is_loopback(&url) => refuse("must use https: plain http is accepted on loopback only"),
        "http" if environment == Environment::Production && source.is_default("APP_URL", "app.url") => {
            refuse("is not set; production needs the public address of this site")
        }
        "http" if environment == Environment::Production => refuse("must use https in production"),
        "http" | "https" => Some(url),
        _ => refuse("must start with https://"),
    }
}

/// Whether the URL's host is this machine.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

pub(super) fn leptos_options(
    source: &Source,
    environment: Environment,
    problems: &mut Problems,
) -> Option<LeptosOptions> {
    const ADDRESS: (&str, &str) = ("LEPTOS_SITE_ADDR", "package.metadata.leptos.site-addr");
    let text = |variable, key| source.text(variable, key).unwrap_or_default();
    let Ok(site_addr) = text(ADDRESS.0, ADDRESS.1).parse::<SocketAddr>() else {
        problems.add(
            ADDRESS.0,
            ADDRESS.1,
            "must be an IP address and a port".to_owned(),
            "LEPTOS_SITE_ADDR=127.0.0.1:3000",
        );
        return None;
    };
    let reload_port = number::<u32>(
        source,
        "LEPTOS_RELOAD_PORT",
        "package.metadata.leptos.reload-port",
        "a port number such as 3001",
        problems,
    )?;
    Some(
        LeptosOptions::builder()
            .output_name(text("LEPTOS_OUTPUT_NAME", "package.metadata.leptos.output-name"))
            .site_root(text("LEPTOS_SITE_ROOT", "package.metadata.leptos.site-root"))
            .site_pkg_dir(text("LEPTOS_SITE_PKG_DIR", "package.metadata.leptos.site-pkg-dir"))
            .env(match environment {
                Environment::Development => Env::DEV,
                Environment::Production => Env::PROD,
            })
            .site_addr(site_addr)
            .reload_port(reload_port)
            .build(),
    )
}
