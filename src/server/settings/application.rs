//! Where the application is and how it runs: `LEPTOS_*` and `APP_URL`.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    num::NonZeroU16,
};

use leptos::config::{Env, LeptosOptions};
use scalekit::is_loopback;
use url::Url;

use super::{
    Environment, Problems, Source,
    table::{
        APP_URL, LEPTOS_ENV, LEPTOS_OUTPUT_NAME, LEPTOS_RELOAD_PORT, LEPTOS_SITE_ADDR, LEPTOS_SITE_PKG_DIR,
        LEPTOS_SITE_ROOT, PORT,
    },
    values::number,
};

pub(super) fn environment(source: &Source, problems: &mut Problems) -> Environment {
    match source.text(LEPTOS_ENV).as_deref() {
        Some("DEV") => Environment::Development,
        Some("PROD") => Environment::Production,
        other => {
            problems.add(LEPTOS_ENV, format!("is {:?}; it must be DEV or PROD", other.unwrap_or("")));
            Environment::Production
        }
    }
}

pub(super) fn app_url(source: &Source, environment: Environment, problems: &mut Problems) -> Option<Url> {
    let text = source.text(APP_URL).unwrap_or_default();
    let mut refuse = |why: &str| {
        problems.add(APP_URL, why);
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
        "http" if environment == Environment::Production && source.is_default(APP_URL) => {
            refuse("is not set; production needs the public address of this site")
        }
        "http" | "https" => Some(url),
        _ => refuse("must start with https://"),
    }
}

pub(super) fn leptos_options(
    source: &Source,
    environment: Environment,
    problems: &mut Problems,
) -> Option<LeptosOptions> {
    let text = |setting| source.text(setting).unwrap_or_default();
    let site_addr = site_address(source, problems);
    let reload_port = number::<u32>(source, LEPTOS_RELOAD_PORT, "a port number", problems);
    Some(
        LeptosOptions::builder()
            .output_name(text(LEPTOS_OUTPUT_NAME))
            .site_root(text(LEPTOS_SITE_ROOT))
            .site_pkg_dir(text(LEPTOS_SITE_PKG_DIR))
            .env(match environment {
                Environment::Development => Env::DEV,
                Environment::Production => Env::PROD,
            })
            .site_addr(site_addr?)
            .reload_port(reload_port?)
            .build(),
    )
}

/// Where the server listens.
pub(super) fn site_address(source: &Source, problems: &mut Problems) -> Option<SocketAddr> {
    if is_port_in_force(source) {
        let port = number::<NonZeroU16>(source, PORT, "a port number", problems)?;
        // A platform's proxy comes from elsewhere. A developer's machine must not show its emulator to all.
        let is_development = source.text(LEPTOS_ENV).as_deref() == Some("DEV");
        let address = if is_development { Ipv4Addr::LOCALHOST } else { Ipv4Addr::UNSPECIFIED };
        return Some(SocketAddr::new(IpAddr::V4(address), port.get()));
    }
    let address = source.text(LEPTOS_SITE_ADDR).unwrap_or_default().parse().ok();
    if address.is_none() {
        problems.add(LEPTOS_SITE_ADDR, "must be an IP address and a port");
    }
    address
}

/// Whether the platform's `PORT` says where to listen: nobody has set `LEPTOS_SITE_ADDR`, which says more.
pub(super) fn is_port_in_force(source: &Source) -> bool {
    source.is_default(LEPTOS_SITE_ADDR) && source.text(PORT).is_some_and(|port| !port.is_empty())
}
