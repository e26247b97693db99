//! How the process serves: connections, TLS, and who may say where a request comes from.

use std::net::{Ipv4Addr, SocketAddr};
use std::{net::IpAddr, num::NonZeroU32, path::PathBuf};

use ipnet::IpNet;

use super::Environment;
use super::{
    LoggedClient, Problems, Rules, Source, TlsFiles,
    table::{LOG_CLIENTS, MAX_CONNECTIONS, RATE_LIMIT, Setting, TLS_CERTIFICATE_FILE, TLS_KEY_FILE, TRUSTED_PROXIES},
    values::{list, number},
};

/// For a school whose pupils all come from one address.
const EXAMPLE_OF_LIMITS: &str = "\"login_start=3000/36000, callback=3000/36000\"";

pub(super) fn max_connections(source: &Source, problems: &mut Problems) -> Option<usize> {
    let number = number::<NonZeroU32>(source, MAX_CONNECTIONS, "a whole number of connections", problems)?;
    usize::try_from(number.get()).ok()
}

/// Both files or none: then a proxy in front speaks TLS.
pub(super) fn tls(source: &Source, problems: &mut Problems) -> Option<TlsFiles> {
    let file = |setting| source.text(setting).filter(|path| !path.is_empty()).map(PathBuf::from);
    let mut missing = |setting: Setting, other: Setting| {
        problems.add(setting, format!("is not set, but {} is: TLS needs both", other.variable));
        None
    };
    match (file(TLS_CERTIFICATE_FILE), file(TLS_KEY_FILE)) {
        (Some(certificate), Some(key)) => Some(TlsFiles { certificate, key }),
        (Some(_), None) => missing(TLS_KEY_FILE, TLS_CERTIFICATE_FILE),
        (None, Some(_)) => missing(TLS_CERTIFICATE_FILE, TLS_KEY_FILE),
        (None, None) => None,
    }
}

/// Addresses and networks. One that holds every address would let anybody say that it comes from anywhere.
pub(super) fn trusted_proxies(source: &Source, problems: &mut Problems) -> Option<Vec<IpNet>> {
    let text = source.text(TRUSTED_PROXIES).unwrap_or_default();
    let networks: Result<Vec<IpNet>, &str> = list(&text)
        .map(|entry| entry.parse().or_else(|_| entry.parse().map(|address: IpAddr| address.into())).map_err(|_| entry))
        .collect();
    match networks {
        Ok(networks) if networks.iter().any(|network| network.prefix_len() == 0) => {
            problems.add(TRUSTED_PROXIES, "trusts every address: anybody could then choose the address they come from");
            None
        }
        Ok(networks) => Some(networks),
        Err(entry) => {
            let why = format!("has {entry:?} in it, which is neither an IP address nor a network such as 10.0.0.0/8");
            problems.add(TRUSTED_PROXIES, why);
            None
        }
    }
}

/// How often something may be asked for; `None` if that has no limit.
pub(super) fn rate_limits(source: &Source, problems: &mut Problems) -> Option<Rules> {
    match source.text(RATE_LIMIT).unwrap_or_default().trim() {
        "on" | "true" => Some(Rules::default()),
        "off" | "false" => None,
        text => Rules::parse(text).map_err(|what| problems.add_with(RATE_LIMIT, what, EXAMPLE_OF_LIMITS)).ok(),
    }
}

/// How much of the address that a request comes from is written down.
pub(super) fn logged_client(source: &Source, problems: &mut Problems) -> Option<LoggedClient> {
    match source.text(LOG_CLIENTS).as_deref() {
        Some("off") => Some(LoggedClient::Off),
        Some("network") => Some(LoggedClient::Network),
        Some("full") => Some(LoggedClient::Full),
        other => {
            problems.add(LOG_CLIENTS, format!("is {:?}; it must be off, network or full", other.unwrap_or("")));
            None
        }
    }
}

/// Where Prometheus asks in production unless something else is set.
const USUAL_METRICS_ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9464);

/// Where metrics are served; `None` if off. Nobody collects a development server's, and several run at once.
pub(super) fn metrics_address(
    source: &Source,
    environment: Environment,
    problems: &mut Problems,
) -> Option<SocketAddr> {
    let text = source.text(super::table::METRICS_ADDR).unwrap_or_default();
    match (text.as_str(), environment) {
        ("off", _) | ("", Environment::Development) => return None,
        ("", Environment::Production) => return Some(USUAL_METRICS_ADDRESS),
        _ => {}
    }
    let address = text.parse().ok();
    if address.is_none() {
        problems.add(super::table::METRICS_ADDR, format!("is {text:?}; it must be an IP address and a port, or off"));
    }
    address
}
